"""Tests of classifiers/training/."""
