"""Notices of filters' finds by webhook, mail or Slack, with a quota that tells what it left out.

quota.py      one target's sums of one hour
outbox.py     the topic of what is yet to be sent, and of these sums
job.py        what a batch of enriched alerts becomes
delivery.py   sends what waits, each target in a line of its own
channels.py   a notice as each kind of target reads it
assembly.py   from settings to a job that runs
"""
