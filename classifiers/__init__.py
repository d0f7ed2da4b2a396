"""Models that score a batch."""
