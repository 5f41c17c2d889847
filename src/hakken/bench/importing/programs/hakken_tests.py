"""Run a test program in a process of its own and write what became of its tests as JSON.

Usage: python hakken_tests.py --out FILE TEST [--seconds N]

The tests import the code under test, so both share a process, and an exit code of that process says nothing: the code
could have ended it. What counts is a report that the process sends through a pipe when the test program is through,
with a number that nobody but this program and that process knows. No report, no tests. Standard error and standard
output are also searched for the words that the benchmark takes for a failure.
"""

import json
import os
import runpy
import secrets
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

WORDS = ("Error:", "Exception:", "Traceback", "failed")


def main() -> int:
    """Supervise: start the process, wait for its report, write the file."""
    words = sys.argv[1:]
    if words[0] == "--child":
        return child(words[1])
    out, test = Path(words[1]), words[2]
    seconds = float(words[4]) if len(words) > 4 else 60.0
    nonce = secrets.token_hex(16)
    reading, writing = os.pipe()
    command = [sys.executable, __file__, "--child", test]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=(writing,)
    ) as process:
        os.close(writing)
        try:
            said, _ = process.communicate(f"{nonce} {writing}\n".encode(), timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            said += b"\nError: the tests took too long\n"
    os.set_blocking(reading, False)
    try:
        sent = os.read(reading, 1 << 16).decode(errors="replace")
    except BlockingIOError:
        sent = ""
    text = said.decode(errors="replace")
    sys.stderr.write(text[-8000:])
    record = report(sent, nonce)
    if record is None or process.returncode != 0:
        sys.stderr.write("\nThe tests did not come to their end.\n")
        return 1
    record["clean"] = int(not any(word in text for word in WORDS))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.unlink(missing_ok=True)
    out.write_text(json.dumps(record))
    return 0


def report(sent: str, nonce: str) -> dict[str, int] | None:
    """The counts of a report that has the right number; None for anything else."""
    try:
        found = json.loads(sent)
        if found.pop("nonce") != nonce:
            return None
        return {name: int(found[name]) for name in ("tests", "passed")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def child(test: str) -> int:
    """Run the tests as a program, and report how many there were and how many passed."""
    nonce, pipe = sys.stdin.readline().split()
    sys.stdin.close()
    results: list[Any] = []
    run = unittest.TextTestRunner.run

    def counted(self: Any, suite: Any) -> Any:
        result = run(self, suite)
        results.append(result)
        return result

    unittest.TextTestRunner.run = counted  # type: ignore[assignment, method-assign]
    sys.argv = [test]
    sys.path[0] = str(Path(test).resolve().parent)
    ended = False
    try:
        runpy.run_path(test, run_name="__main__")
        ended = True
    except SystemExit as end:
        # unittest.main() ends so; without a result of its own it was somebody else.
        ended = bool(results) and not end.code
    if not ended:
        return 1
    tests = sum(result.testsRun for result in results) if results else 1
    bad = sum(len(r.failures) + len(r.errors) + len(r.unexpectedSuccesses) for r in results)
    sent = json.dumps({"nonce": nonce, "tests": tests, "passed": max(0, tests - bad)})
    os.write(int(pipe), sent.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
