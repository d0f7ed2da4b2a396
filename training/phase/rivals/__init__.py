"""What the network of phases and peaks is held to: boosted trees, and a template fit by SALT2."""
