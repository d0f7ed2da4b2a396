"""The report of a night, or of some: what a lake and a broker's Kafka know of it, as one page.

facts.py     what the lake says, survey by survey
known.py     what the broker's Kafka says besides: ledger, dead letters, requests, events
making.py    all of it, to files
mornings.py  the same by itself, once each night is over
page.py      the page, with nothing of an alert in it as markup
figures.py   pictures as parts of a page
printing.py  the page as a PDF
"""
