"""Tests, in the same folders as the rooms they test; a test name is a sentence."""
