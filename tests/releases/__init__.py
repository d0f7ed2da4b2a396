"""What each release wrote, kept in small, and read by every later one."""
