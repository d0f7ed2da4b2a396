"""Who may do what at our Kafka: workers, readers, authors, reviewers, annotators, notifiers.

roles.py     the rights of each role, no more
command.py   `gueststar credentials add | list | limit | revoke | rotate`
"""
