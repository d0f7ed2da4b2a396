"""Tests of classifiers/training/lightcurve/teaching"""
