"""What is learnt from: objects with their light curves, labels, folds and windows."""
