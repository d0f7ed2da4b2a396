"""What a subscriber looks at: the product's one door to matplotlib."""
