"""How the models are made; torch lives here only."""
