"""The same as ``hakken run``, in Python: research on a template, to an audited and reviewed paper."""

import sys

from hakken.core.config import load_settings
from hakken.research.run import run

resolved = load_settings(assignments=sys.argv[2:])  # such as models.default=openai:gpt-5 search.ideas=2
result = run(sys.argv[1] if len(sys.argv) > 1 else "digits", resolved.settings)
print(f"claim:  {result.claim.status.value if result.claim else 'none'}")
print(f"audit:  {'passed' if result.audit and result.audit.passed else 'did not pass'}")
print(f"review: {result.review.meta.overall if result.review else '-'} of 10")
print(result.pdf)
