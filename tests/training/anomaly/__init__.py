"""How what says how odd an alert is was made and judged."""
