"""Tests of classifiers/training/lightcurve/objects"""
