"""Who may do what at our Kafka: workers, readers, authors, portals, and who runs each job.

roles.py     the rights of each role, no more
command.py   `gueststar credentials add | check | list | limit | revoke | rotate`
"""
