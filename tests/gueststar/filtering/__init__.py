"""Tests of the commands `gueststar filter …`."""
