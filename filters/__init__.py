"""Rules that select alerts from a batch: one idea, one file."""
