"""What stands before the name that something is compared with."""

from __future__ import annotations

import re

OBJECT = re.compile(
    r"\b(?:than|against|compared (?:with|to)|over|relative to|versus|vs\.?|beats?|beating|outperform\w*|surpass\w*"
    r"|exceed\w*|improv\w+ (?:up)?on|behind|ahead of|above|below|short of"
    r"|(?:doubl|tripl|halv|quadrupl|cut|match)\w*(?: the)? [\w-]+ of)\s+"
    r"(?:that of |those of )?(?:the |our |all |both |an? )?(?:[\w-]+ )?$",
    re.I,
)
"""What stands before the object of a comparison."""
AGAINST = re.compile(
    r"\b(?:than|against|compared (?:with|to)|over|relative to|versus|vs\.?|baseline of|beats?|outperform\w*|surpass\w*"
    r"|above|below|ahead of|behind|short of|(?:beaten|outperformed|surpassed|overtaken|exceeded|outdone) by"
    r"|from(?!.* to ))\b(?:[^.;,]|\.(?=\d)|,(?=\d))*$",
    re.I,
)
"""What stands before a name that something is compared with."""
