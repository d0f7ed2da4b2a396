"""Models deployed while the broker runs: beside the live one, then in its place if they earn it."""
