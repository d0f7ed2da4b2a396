"""The lake, written as enriched alerts come: each message of their topics once, whatever happens.

job.py          what a batch of messages becomes
store.py        the lake as the engine's store: a part is a transaction, and holds the positions
gathering.py    a source that waits for more, so that parts are not too small
compaction.py   when small parts are joined, and what was taken over is removed
metrics.py      what Prometheus can ask
assembly.py     from settings to a worker that runs
"""
