"""What of the sky a filter may ask: regions and lists of positions, each a named file."""
