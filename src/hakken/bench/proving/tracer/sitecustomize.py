"""Put before every Python of a traced command: names the functions of the repository that are executed.

Only the standard library; a function is written down the first time it is called, so that nothing is lost when the
process ends without a goodbye. Data, not a verdict: what is traced here is the author's own code.
"""

import os
import sys
import threading

_ROOT = os.environ.get("HAKKEN_TRACE_ROOT", "")
_OUT = os.environ.get("HAKKEN_TRACE_OUT", "")


def _start() -> None:
    seen: set[object] = set()
    prefix = _ROOT.rstrip(os.sep) + os.sep

    def profile(frame, event, _argument):  # type: ignore[no-untyped-def]
        if event != "call":
            return
        code = frame.f_code
        if code in seen:
            return
        seen.add(code)
        name = os.path.abspath(code.co_filename)  # noqa: PTH100
        if not name.startswith(prefix):
            return
        line = f"{name[len(prefix) :]}\t{code.co_qualname}\t{code.co_firstlineno}\n"
        with open(os.path.join(_OUT, f"{os.getpid()}.tsv"), "a", encoding="utf-8") as file:  # noqa: PTH118, PTH123
            file.write(line)

    threading.setprofile(profile)
    sys.setprofile(profile)


if _ROOT and _OUT:
    _start()
