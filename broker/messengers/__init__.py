"""Events of other messengers that change while a worker runs, as their topic has them.

section.py   what the configuration says of them
events.py    reads the topic of events, and has them asked between two batches
opening.py   the same at a real Kafka, by the settings
"""
