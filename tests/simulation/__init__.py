"""Whole nights in memory, each drawn from a seed: many, quickly, and any of them again."""
