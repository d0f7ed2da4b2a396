"""Tests of the demo: its night, its bound, its screen, and the whole of it."""
