"""Packets and expressions drawn at random and struck, none of which may do harm."""
