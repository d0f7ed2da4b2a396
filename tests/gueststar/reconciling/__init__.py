"""A night counted outward: over the twin in memory, and at a real Kafka."""
