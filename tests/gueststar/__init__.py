"""Tests of gueststar/."""
