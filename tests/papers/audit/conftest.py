"""Which tests are collected here: papers that are not ours are read only where somebody names their folder."""

from __future__ import annotations

import os

collect_ignore = [] if os.environ.get("HAKKEN_SHOWCASE") else ["test_showcase.py"]
