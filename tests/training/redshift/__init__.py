"""Tests of making the network of redshifts."""
