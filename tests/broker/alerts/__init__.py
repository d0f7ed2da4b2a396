"""Tests of the alert job."""
