"""What the transformer is held against, and what teaches it: trees, t2, Gaussian processes."""
