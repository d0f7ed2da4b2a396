"""Tests of classifiers/training/lightcurve/judging"""
