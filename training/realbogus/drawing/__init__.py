"""What is drawn on real stamps to learn from."""
