"""Tests of `gueststar model …`."""
