"""Run a command, show what it prints, and write the numbers that it printed last as JSON.

Usage: python hakken_collect.py --out FILE --keys JSON -- COMMAND...

The experiments of some benchmarks print their numbers and leave it to the reader to find them. This program finds
them: in the last printed table (JSON or Python) that has all the keys, or else behind the last "key: number" of each.
"""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

TAIL = 1 << 22
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
WRAPPED = re.compile(r"(?:np\.\w+|tensor|array)\(\s*([^()]*?)(?:,\s*(?:dtype|device)=[^()]*)?\)")


def main() -> int:
    """Run, find, write."""
    words = sys.argv[1:]
    split = words.index("--")
    options = dict(zip(words[:split:2], words[1:split:2], strict=True))
    keys, out, command = json.loads(options["--keys"]), Path(options["--out"]), words[split + 1 :]
    if command[0] in ("python", "python3"):
        command[0] = sys.executable
    # Scripts call `python` by name: it has to be this one.
    env = {**os.environ, "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))}
    text = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True, errors="replace") as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(line)
            text = (text + line)[-TAIL:]
    if process.returncode:
        return process.returncode if process.returncode > 0 else 1
    found = numbers(text, keys)
    missing = [key for key in keys if key not in found]
    if missing:
        sys.stderr.write(f"The command printed no number for {', '.join(missing)}.\n")
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found))
    return 0


def numbers(text: str, keys: list[str]) -> dict[str, object]:
    """The numbers of the keys, as far as the text has them."""
    for table in tables(text):
        if all(key in table for key in keys):
            return {key: table[key] for key in keys}
    found: dict[str, object] = {}
    for key in keys:
        words = r"[ _-]".join(map(re.escape, re.split(r"[ _-]", key)))
        said = re.findall(rf"(?<!\w){words}['\"]?\s*(?:[:=]|is)\s*({NUMBER})", text, re.IGNORECASE)
        if said:
            found[key] = float(said[-1])
    return found


def tables(text: str) -> Iterator[dict[str, object]]:
    """Tables in the text, the last one first."""
    for end in [m.end() for m in re.finditer(r"\}", text)][::-1][:50]:
        for start in [m.start() for m in re.finditer(r"\{", text[:end])][::-1][:50]:
            table = parsed(text[start:end])
            if table is not None:
                yield table


def parsed(text: str) -> dict[str, object] | None:
    """A table written as JSON or as Python; None where it is neither."""
    try:
        value = json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(WRAPPED.sub(r"\1", text))
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return value if isinstance(value, dict) else None


if __name__ == "__main__":
    sys.exit(main())
