"""Tests of classifiers/observations/."""
