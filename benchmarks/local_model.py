"""Speed of the embedded model on this machine: reading, writing, two at once, and a prompt whose prefix was just read.

Run on an idle machine: ``python benchmarks/local_model.py``. Prints one JSON object; a server of its own is started and
ends by itself.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from hakken.core.config import ModelSettings
from hakken.models.grammar import sentences
from hakken.models.server import ServerState, ensure_server, threads

SETTINGS = ModelSettings(slots=2, context_tokens=4096, idle_minutes=0.5)
SENTENCE = "The model is trained on few images and judged on many, so that chance must be told from change. "


def chat(server: ServerState, text: str, tokens: int, **fields: Any) -> dict[str, Any]:
    """One reply with llama.cpp's own timings."""
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": tokens, "temperature": 0.7, "seed": 1}
    response = httpx2.post(
        f"{server.url}/v1/chat/completions", json=body | fields, headers=server.headers, timeout=600.0
    )
    timings: dict[str, Any] = response.raise_for_status().json()["timings"]
    return timings


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    start = time.monotonic()
    server = ensure_server(SETTINGS)
    started = time.monotonic() - start
    chat(server, "Hello.", 2)
    long = "Read this. " + SENTENCE * 50
    first = chat(server, long + "What is it about?", 8)
    again = chat(server, long + "Who should read it?", 8)
    alone = chat(server, "Write a long story about a fox.", 100)
    shaped = chat(server, "Write a long story about a hen.", 100, grammar=sentences(4, 9))
    begin = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda what: chat(server, f"Write a long story about a {what}.", 100), ("cow", "dog")))
    seconds = time.monotonic() - begin
    figures = {
        "threads": threads(),
        "start_seconds": started,
        "prompt_tokens": first["prompt_n"],
        "prompt_tokens_per_second": first["prompt_per_second"],
        "tokens_read_again_of_a_shared_prefix": again["prompt_n"],
        "tokens_per_second_alone": alone["predicted_per_second"],
        "tokens_per_second_under_a_grammar": shaped["predicted_per_second"],
        "tokens_per_second_of_two_together": sum(each["predicted_n"] for each in both) / seconds,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=2))


if __name__ == "__main__":
    main()
