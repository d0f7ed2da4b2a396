"""The public face of the broker: what a user imports, and the command line."""
