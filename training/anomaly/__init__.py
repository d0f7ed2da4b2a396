"""How odd an alert is: forest and autoencoder, their calibration, and users who teach a ranking."""
