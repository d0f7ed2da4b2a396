"""What a person looks at; matplotlib lives here."""
