"""Telescopes, portals, mail and topics, each behind the one port of port.py.

ocs.py          LCO's observation portal, and all of AEON that speaks as it does
alpaca.py       a telescope of one's own, by ASCOM Alpaca
brokers.py      TOM Toolkit and SkyPortal
by_hand.py      mail and topics
http_json.py    JSON over HTTP, for notices, too
mail_server.py  mail, likewise
"""
