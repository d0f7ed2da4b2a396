"""Whether stamps beside the light curve would tell more: measured on the few that have both."""
