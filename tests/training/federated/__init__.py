"""Tests of making the network of phases."""
