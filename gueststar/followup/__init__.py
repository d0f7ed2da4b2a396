"""`gueststar followup …`: programmes deployed, requests looked at, sites told of, the job run."""
