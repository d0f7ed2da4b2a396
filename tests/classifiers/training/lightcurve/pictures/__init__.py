"""Tests of classifiers/training/lightcurve/pictures"""
