"""Tests of events of other messengers."""
