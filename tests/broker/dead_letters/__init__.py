"""Tests of what becomes of alerts that cannot be published."""
