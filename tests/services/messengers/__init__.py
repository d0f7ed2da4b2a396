"""Tests of notices taken and kept."""
