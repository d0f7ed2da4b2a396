"""The alert job: what becomes of a batch of packets between poll and publish.

access.py          which packets may be published at all
pipeline.py        the steps in a row, from messages to outputs
disagreement.py    where a classifier and the survey's own score are sure of the opposite
decided.py         a batch scored and selected, and what is counted of it
wishes.py          which alerts each topic gets
packer.py          records within the size that a topic takes
envelopes.py       keys and headers of what is published
repeats.py         which alerts a survey sends twice
reasons.py         why an alert that was decoded is dead-lettered
unknown_schema.py  whether the first alert of an unknown schema stops the worker
outcome.py         what observers are told of a batch
counts.py          what the ledger counts of it, and the sums that must hold
metrics.py         what Prometheus can ask of it
"""
