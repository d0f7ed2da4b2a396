"""The oddest alerts of a lake's nights, looked through by users whose answers rank the next."""
