"""Tests of kafka_node/."""
