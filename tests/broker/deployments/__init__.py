"""Tests of broker/deployments."""
