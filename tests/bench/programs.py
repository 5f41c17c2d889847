"""External agents of the tests: programs of a few lines, standard library only."""

from __future__ import annotations

from pathlib import Path

SMALL = '''
import json, os, subprocess, sys, urllib.request

instruction, file = sys.argv[1:]
body = {"model": "anything", "messages": [{"role": "user", "content": instruction}]}
request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(),
    {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"})
with urllib.request.urlopen(request) as reply:
    code = json.load(reply)["choices"][0]["message"]["content"]
with open(file, "a") as source:
    source.write("\\n\\n" + code)
subprocess.run(["bash", "refsol.sh"], check=True)
answer = {name: json.load(open(name + ".json")) for name in sys.argv[3:]}
print("done", os.environ["HOME"])
'''
"""Asks once, and appends the reply to the first file that it is given."""

LOOPING = '''
import json, os, time, urllib.error, urllib.request

for turn in range(100):
    body = {"messages": [{"role": "user", "content": "again %d" % (turn % 2)}], "stream": turn % 2 == 1}
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(),
        {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request).read()
    except urllib.error.HTTPError as error:
        print(error.code, json.load(error)["error"]["message"], flush=True)
        if "--stop" in os.sys.argv:
            break
        time.sleep(0.3)
'''
"""Asks for ever, whatever it is told."""


def write(folder: Path, name: str, text: str) -> str:
    """A command that runs the program with the Python of the tests."""
    path = folder / f"{name}.py"
    path.write_text(text)
    return f"python {path}"
