"""The expression language: what it takes, what it means, what it refuses."""
