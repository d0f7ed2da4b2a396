"""How the network of phases and peaks is made and judged."""
