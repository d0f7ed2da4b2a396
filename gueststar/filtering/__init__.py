"""The commands `gueststar filter …`: filters written, tried on an archive, and deployed."""
