"""`gueststar dead-letters`: what could not be published, looked at and sent again."""
