"""What objects do over months."""
