"""An Apache Kafka of one node, for trials, tests and benchmarks; not shipped."""
