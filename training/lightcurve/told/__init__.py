"""What a redshift buys the light-curve networks: luminosities of types, figures and their card."""
