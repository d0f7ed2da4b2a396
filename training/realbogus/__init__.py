"""The real/bogus network, from alerts to the file that is served."""
