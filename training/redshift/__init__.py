"""How the network of photometric redshifts is made and judged."""
