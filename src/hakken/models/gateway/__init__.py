"""A model for programs in a box: metered, recorded, and spoken to in the words of the common APIs.

``gateway.py`` is the door, ``account.py`` what an attempt may spend, ``server.py`` the socket, ``openai.py`` and
``anthropic.py`` the two languages, ``tools.py`` tool calls as text, and ``inside.py`` the piece that runs in the box.
"""

from hakken.models.gateway.account import Account
from hakken.models.gateway.gateway import ORIGIN, Gateway
from hakken.models.gateway.inside import SCRATCH

__all__ = ["ORIGIN", "SCRATCH", "Account", "Gateway"]
