"""`gueststar messenger …`: events of other messengers listed, shown, searched for, listened to."""
