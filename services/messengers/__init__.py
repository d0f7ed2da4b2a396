"""Notices of other messengers, taken from GCN's Kafka and kept; and what is made of them.

job.py          what a batch of notices becomes
assembly.py     from settings to a worker that runs
search.py       back in time: the alerts of a lake in an event's region
outgoing.py     our own notices, in GCN's schema; sent by nobody by default
"""
