"""Follow-up: from alerts to observations that are asked for, tracked to their end, and fused.

programme.py     what is wanted, as text; deployed.py has its records
ephemeris.py     where sun, moon and targets stand; visibility.py what a site sees when
worth.py         what an observation is worth, and planner.py who observes what when
requests.py      a request and its states; tracker.py takes each to its end
adapters/        telescopes, portals, mail and topics behind one port
job.py           what a batch of alerts becomes; assembly.py has it run
remarks.py       what came back, as annotations; fusion.py fits zero points
"""
