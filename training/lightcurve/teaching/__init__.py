"""How the lessons are made: augmented copies, drawn anew in each step."""
