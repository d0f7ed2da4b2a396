"""What is drawn on real stamps to be examined with, by code of its own."""
