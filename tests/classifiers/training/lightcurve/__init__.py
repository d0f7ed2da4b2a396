"""Tests of classifiers/training/lightcurve/."""
