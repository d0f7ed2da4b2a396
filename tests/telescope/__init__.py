"""Tests of `telescope/`, on simulated frames with known truth and on real ones where at hand."""
