"""External agents of the tests: programs of a few lines, standard library only."""

from __future__ import annotations

from pathlib import Path

_ASK = """
import json, os, subprocess, sys, time, urllib.error, urllib.request

def ask(text, **more):
    body = {"model": "anything", "messages": [{"role": "user", "content": text}], **more}
    head = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"}
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), head)) as reply:
        return reply.read()
"""
SMALL = (
    _ASK
    + """
reply = json.loads(ask(sys.argv[1]))
with open(sys.argv[2], "a") as source:
    source.write("\\n\\n" + reply["choices"][0]["message"]["content"])
if "--silent" not in sys.argv:
    subprocess.run(["bash", "refsol.sh"], check=True)
    with open("answer.json", "w") as answer:
        json.dump({"walk": json.load(open("results.json"))}, answer)
print("done")
"""
)
"""Asks once, appends the reply to the file that it is given, runs, reports."""

LOOPING = (
    _ASK
    + """
for turn in range(100):
    try:
        ask("again %d" % (turn % 2), stream=turn % 2 == 1)
    except urllib.error.HTTPError as error:
        print(error.code, json.load(error)["error"]["message"], flush=True)
        if "--stop" in sys.argv:
            break
        time.sleep(0.1)
"""
)
"""Asks for ever, whatever it is told, or until it is told to stop."""

LOOKING = (
    _ASK
    + """
import glob, socket
seen = {"model": sys.argv[1], "gates": len(glob.glob("/tmp/hakken-gate-*")), "network": True}
try:
    import hakken
    seen["hakken"] = True
except ImportError:
    seen["hakken"] = False
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), 2)
except OSError:
    seen["network"] = False
seen.update(home=os.environ["HOME"], tmp=os.environ["TMPDIR"], secret="secret" in str(os.environ))
print(json.dumps(seen))
"""
)
"""Says what it sees, and whether it reaches a port of the machine."""


def write(folder: Path, name: str, text: str) -> str:
    """A command that runs the program with the Python of the tests."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return f"python {path}"
