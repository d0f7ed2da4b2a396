"""The report of a night: over lakes that a broker in memory wrote from real packets."""
