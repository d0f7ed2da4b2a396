"""What an alert is: on the wire, and as columns."""
