"""Which gueststar this is: as `gueststar version` says it."""

from importlib.metadata import version

__version__ = version("gueststar")
