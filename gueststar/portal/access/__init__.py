"""Who asks the portal, what they may, and how often: tokens, sessions, rates.

tokens.py    names, roles and hashes, out of a file
sessions.py  who has signed in with a browser
rates.py     how many requests there were lately
guard.py     stands before all routes, and asks the three
sign_in.py   the page on which a token is given
"""
