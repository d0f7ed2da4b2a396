"""What gueststar is made of: known holes and licences of all that is installed with it."""
