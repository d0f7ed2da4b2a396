"""The embedding of an alert: learnt without labels, shaped by labels, judged on objects unseen."""
