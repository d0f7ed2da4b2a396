"""A night counted outward: survey, ledger, topics and lake, each beside the next.

held.py      what topics and a lake hold, offset by offset
pairs.py     two of them compared: each difference by partition, offsets or visit
origins.py   the ledger and a topic, by the messages that the topic's records are of
gather.py    a night's report out of all of them
shown.py     the report as a table, and as JSON
"""
