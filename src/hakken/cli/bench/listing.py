"""``hakken bench list``."""

from __future__ import annotations

from typing import Any

from hakken.cli import options


def list_(as_json: options.Json = False) -> None:
    """List the suites that ship, their repositories and how many tasks they make.

    \b
    Examples:
      hakken bench list
      hakken bench list --json
    """
    import math

    from hakken.bench.checking.findings import SIZES
    from hakken.bench.tasks.suite import load_suite, shipped
    from hakken.cli.console import emit, say, table

    suites: dict[str, Any] = {}
    for name, folder in shipped().items():
        suites[name] = {"folder": str(folder), "repositories": []}
        for source in load_suite(name):
            count = len(source.maskable)
            suites[name]["repositories"].append(
                {
                    "name": source.name,
                    "title": source.title,
                    "packages": list(source.packages),
                    "experiments": len(source.experiments),
                    "functions": count,
                    "tasks": {n: min(100, math.comb(count, n)) for n in SIZES},
                }
            )
    if as_json:
        emit(suites)
        return
    for name, suite in suites.items():
        rows = [
            (r["name"], r["title"], r["experiments"], r["functions"], *r["tasks"].values())
            for r in suite["repositories"]
        ]
        say(f"{name}: {len(rows)} repositories, {sum(sum(r['tasks'].values()) for r in suite['repositories'])} tasks")
        table(("repository", "", "exps", "functions", *(f"n={n}" for n in SIZES)), rows, left=2)
        say(f"Next: hakken bench make {name}/{suite['repositories'][0]['name']} --limit 5, or {name} for all of them")
