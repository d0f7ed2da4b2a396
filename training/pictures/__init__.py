"""The one look of what a person looks at; with each network's pictures the door to matplotlib."""
