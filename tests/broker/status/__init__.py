"""How a worker says that it stands."""
