"""`gueststar demo`: a night through the whole broker, with a Kafka of its own, on the screen."""
