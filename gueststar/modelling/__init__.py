"""`gueststar model …`: files of models deployed, compared, promoted, watched and taken back."""
