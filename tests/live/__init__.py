"""The whole path on real input: the commands a user types, a real Kafka, readers of others."""
