"""Verdicts revised over a lake: in memory, killed anywhere, and at a real Kafka."""
