"""Tests of gueststar/portal."""
