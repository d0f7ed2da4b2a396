"""Notices of finds: who got them, who was left out, and what was told of that."""
