"""What is like what, in a lake."""
