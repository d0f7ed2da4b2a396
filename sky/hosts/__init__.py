"""Which galaxy an alert belongs to, by how many of its light radii it lies away."""
