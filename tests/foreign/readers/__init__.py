"""Programs that hold a foreign client or library each; they import nothing of ours."""
