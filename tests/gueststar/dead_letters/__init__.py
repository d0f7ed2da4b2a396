"""Tests of `gueststar dead-letters`."""
