"""Tests of events that a worker asks of."""
