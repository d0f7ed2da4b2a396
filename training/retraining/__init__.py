"""Requests to make a model again, carried out: from a lake's nights to a shadow.

__main__.py   `python -m training.retraining CONFIG.toml`
running.py    the job at a real Kafka
job.py        each request once, whatever is killed
nights.py     alerts and labels out of a lake, in a folder as training reads it
making.py     the training of each model that can be made again
"""
