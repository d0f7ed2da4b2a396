"""Tests of gueststar/testing/."""
