"""How the embedding is made and judged."""
