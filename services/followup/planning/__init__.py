"""Who observes what when: what a site sees, how well, and what that is worth. It knows no request.

ephemeris.py    where sun, moon and targets stand; visibility.py what a site sees when
brightness.py   how bright a target is going to be
worth.py        what an observation is worth, slot by slot
planner.py      a problem and its plans, greedy and random; optimum.py the best one
"""
