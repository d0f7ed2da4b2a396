"""What clients that others wrote read of what we publish."""
