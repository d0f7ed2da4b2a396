"""The engine: Kafka in, Kafka out, nothing lost."""
