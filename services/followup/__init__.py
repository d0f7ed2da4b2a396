"""Follow-up: from alerts to observations that are asked for, tracked to their end, and fused.

programme.py     what is wanted, as text; deployed.py has its records
planning/        what a site sees, what that is worth, and who observes what when
nights.py        requests as a problem for it, and its plan as words
requests.py      a request and its states; tracker.py takes each to its end
adapters/        telescopes, portals, mail and topics behind one port
job.py           what a batch of alerts becomes; assembly.py has it run
returned.py      what came back, as annotations; fusion.py fits zero points
"""
