"""Tests of models deployed while the broker runs."""
