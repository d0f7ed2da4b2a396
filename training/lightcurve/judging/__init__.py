"""How good a network is: figures with their errors, and the cards."""
