"""Frames of own telescopes to alerts: read, judged, subtracted, measured, and sent as a survey."""
