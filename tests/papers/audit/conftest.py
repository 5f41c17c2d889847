"""Where the real papers are that some tests read: a folder that the environment names, else one beside the project."""

from __future__ import annotations

import os
from pathlib import Path

SHOWCASE = Path(os.environ.get("HAKKEN_SHOWCASE", Path(__file__).resolve().parents[4] / "shared" / "data" / "showcase"))
"""Papers of The AI Scientist with their records, one folder each."""
