"""How good a network is, and the card that says so."""
