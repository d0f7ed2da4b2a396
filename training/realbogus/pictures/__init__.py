"""What a person looks at; the one door to matplotlib."""
