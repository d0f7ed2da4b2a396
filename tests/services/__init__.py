"""The jobs of services/."""
