"""A new model, stage or filter over a lake: where a verdict changed, the alert is published again.

candidate.py    what is tried: a stage or a filter, by name and version or of a file
revising.py     rows of a lake to records of the alerts whose verdicts changed; a plain function
pieces.py       a lake in pieces, for the workers of a cluster
publishing.py   each record once on the topic of revisions and in the lake, whenever a run dies
"""
