"""``python main.py NAME < knowledge``: one hostile agent at work in the present folder."""

import sys

import answers
import bodies
import definitions
import pairs
import surroundings

name = sys.argv[1]
for module in (answers, bodies, definitions, surroundings, pairs):
    if not name.startswith("_") and callable(getattr(module, name, None)):
        getattr(module, name)()
        print("attack done", flush=True)
        break
else:
    sys.exit(f"no attack {name}")
