"""The lake's writer: over the twin in memory, at a real Kafka, and on real alerts."""
