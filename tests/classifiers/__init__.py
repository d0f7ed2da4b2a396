"""Tests of classifiers/."""
