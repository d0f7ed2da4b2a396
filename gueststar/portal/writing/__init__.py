"""Filters written in a browser: drafts checked as they are typed, tried on nights, and deployed.

draft.py          a text and what is wrong in it, by line and column
hand.py           alerts made by hand, a line each, and what a filter says of them
vocabulary.py     what may be written: columns, functions, scores, regions
trials.py         dry runs, one at a time, each a process of its own
trial_process.py  that process
desk.py           where filters are deployed, as the portal sees it
lists.py          watchlists and regions
acts.py           what is sent here
pages.py          the list of filters, and the editor
"""
