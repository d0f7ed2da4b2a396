"""Tests of classifiers/training/lightcurve/rivals"""
