"""Tests of classifiers/training/lightcurve/smaller"""
