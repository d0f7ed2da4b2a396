"""Tests of `gueststar messenger`."""
