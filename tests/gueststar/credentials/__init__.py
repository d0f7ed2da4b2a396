"""Users of a Kafka that checks rights: each role can do its work, and nothing else."""
