"""Tests of gueststar/pictures/."""
