"""Tests of the lake: what goes in comes out, and nothing else is read."""
