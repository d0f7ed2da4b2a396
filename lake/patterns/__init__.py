"""What a lake's objects do over months: periods, trends, changes of state, as a table."""
