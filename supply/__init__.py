"""What gueststar is made of, known holes and licences of all of it, and how it is released."""
