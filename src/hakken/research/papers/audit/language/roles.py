"""What a printed number says it is: a mean, a spread, an end of an interval, a count, a seed, a cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hakken.core.types import FailureCause
from hakken.research.papers.audit.document.document import Unit, UnitKind
from hakken.research.papers.audit.language.numbers import COUNTED, Number, normalise


class Role(StrEnum):
    """Kinds of quantity; candidates carry the same kinds."""

    LEVEL = "mean"
    MEDIAN = "median"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    VALUE = "value of one trial"
    SD = "standard deviation"
    SE = "standard error"
    HALF = "half width of an interval"
    SPREAD = "spread"
    LOW = "lower end"
    HIGH = "upper end"
    CONFIDENCE = "level of an interval"
    P = "p"
    DIFFERENCE = "difference"
    CHANGE = "size of a change"
    RELATIVE = "relative change"
    RATIO = "ratio"
    FLOOR = "noise floor"
    EFFECT = "effect size"
    DETECTABLE = "detectable difference"
    WINS = "seeds won"
    COUNT = "count"
    SEED = "seed"
    COST = "cost"
    COST_RATIO = "ratio of costs"
    VERSION = "version"
    LABEL = "label"
    SETTING = "set-up value"
    UNKNOWN = "number"


@dataclass(frozen=True)
class Reading:
    """The role of one number, with the noun that it counts or the cost that it measures."""

    role: Role
    noun: str = ""
    qualifier: str = ""


FAMILIES = {
    "seed": "seed pair repeat replicate repetition",
    "trial": "trial run experiment measurement",
    "idea": "idea hypothesis hypothese",
    "node": "node variant candidate method attempt change version round",
    "passage": "passage",
    "cause": "cause",
    "ablation": "ablation",
    "call": "call",
    "token": "token",
    "core": "core",
    "claim": "claim",
    "comparison": "comparison",
    "failure": "failure",
    "decision": "decision",
    "metric": "metric",
}
FAMILY = {word: family for family, words in FAMILIES.items() for word in words.split()}
COSTS = (
    ("memory_mb", re.compile(r"\bmemory\b|\bRAM\b", re.I)),
    ("cpu_seconds", re.compile(r"\bCPU\b", re.I)),
    ("wall_seconds", re.compile(r"\bwall|\btime\b|\bruntime\b|\bseconds\b", re.I)),
    ("parameters", re.compile(r"\bparameters?\b|\bweights\b", re.I)),
    ("steps", re.compile(r"\bsteps?\b|\biterations?\b|\bupdates?\b", re.I)),
    ("examples", re.compile(r"\bexamples?\b|\bimages?\b|\bsamples\b|\bdata used\b|\btraining (?:set|data)\b", re.I)),
)
_QUALIFIERS = (
    ("failed", re.compile(r"\bfail|\bcrash|\btimed? out|\bstopped\b|\bwithout result", re.I)),
    ("unfinished", re.compile(r"\bhad not ended|\bunfinished", re.I)),
    ("ran_explore", re.compile(r"\bran on all explore seeds", re.I)),
    ("ran_report", re.compile(r"\bran on all report seeds", re.I)),
    ("done", re.compile(r"\bran on all\b|\bfinished|\bmeasured|\bcame to an end|\bworked", re.I)),
    (
        "no_op",
        re.compile(
            r"no[- _]op|changed nothing|results? unchanged|no effect on|identical|equal(?:led)? (?:its|their)", re.I
        ),
    ),
    ("replicate", re.compile(r"\breplicates? of|same code|repeated the code|\bduplicate", re.I)),
    ("duplicate", re.compile(r"\bduplicate", re.I)),
    ("ablation", re.compile(r"\bablat", re.I)),
    ("limit", re.compile(r"\bat most\b|\bup to\b|\blimit|\bbudget\b|\bno more than\b", re.I)),
    ("human", re.compile(r"\bhuman|\bpe(?:rson|ople)\b", re.I)),
    ("model", re.compile(r"\bmodel[- ]written|\bby (?:the|a) (?:language )?model", re.I)),
    ("skipped", re.compile(r"\bskipped|\bnever tried|\bnot tried", re.I)),
    ("ok", re.compile(r"\bsuccessful|\bsucceeded|\bcompleted", re.I)),
    ("explored", re.compile(r"\bexplored ideas?|\bideas? (?:were|was) explored", re.I)),
    ("explore", re.compile(r"\bexplor\w*|\bselection seeds?\b", re.I)),
    ("report", re.compile(r"\breport(?:ing)?\b|\bfresh\b|\bheld[- ]out seeds?\b|\bconfirm\w*", re.I)),
    ("noise", re.compile(r"\bnoise\b|\bA/A\b", re.I)),
    ("smoke", re.compile(r"\bsmoke\b", re.I)),
    ("probe", re.compile(r"\bprobe\b", re.I)),
    ("tried", re.compile(r"\btried\b|\btested\b", re.I)),
)
_LEFT = tuple(
    (re.compile(pattern + r"\s*(?:was|were|is|are|of|at|by|about|=|:|,|≈|\()*\s*(?:about |only |just )?$", re.I), role)
    for pattern, role in (
        (r"(?:\b[vV]ersion|\bv\.)", Role.VERSION),
        (r"(?<![\w-])p(?:[- ]?values?)?(?: adjusted| \(adjusted\))?", Role.P),
        (r"\b(?:sign-flip|permutation|adjusted|Holm-adjusted) p", Role.P),
        (r"(?:\bstandard deviation|\bsd|\bs\.d\.|\bstd\.?|\bSD)(?: of the (?:paired )?differences?)?", Role.SD),
        (r"\bstandard deviation (?:of|in) (?:its|the|their) [\w² -]{1,70}?(?: there| here)?", Role.SD),
        (r"(?:\bstandard error(?: of the mean)?|\bs\.e\.(?:m\.)?|\bSEM?)", Role.SE),
        (r"(?:\bnoise floor(?: on [\w ]+?)?|\bequivalence margin)(?: for [\w ]+?)?", Role.FLOOR),
        (r"\bdetectable (?:difference|effect)", Role.DETECTABLE),
        (r"(?:\beffect size|d_z|Cohen.s d)(?: \([^)]*\))?", Role.EFFECT),
        (r"(?:\bmedian(?: [\w ]{0,30})?)", Role.MEDIAN),
        (r"\bminimum(?: [\w ]{0,20})?", Role.MINIMUM),
        (r"\bmaximum(?: [\w ]{0,20})?", Role.MAXIMUM),
        (r"\bhalf-?[ ]?width(?: of (?:that|the|its) interval)?", Role.HALF),
        (r"\b(?:differences?|Δ)(?: [\w ]{0,40}?)?", Role.DIFFERENCE),
        (r"\bfactor", Role.RATIO),
        (r"(?:\balpha|α|\bsignificance level|\bthreshold)", Role.SETTING),
        (r"(?:\b(?:gain|improvement|reduction|decrease|increase|drop|fall|rise|worsening|deterioration)"
         r"|(?<!\bwith the )(?<!\bselected )(?<!\bchosen )\b(?:change|loss))", Role.CHANGE),
        (r"\b(?:improv|reduc|lower|rais|increas|decreas|cut|fell|fall|drop|rose|ris|worsen|harm|hurt|degrad"
         r"|better|worse|beat|outperform|differ|chang)"
         r"\w*(?: [\w \-]{0,60}?)? by", Role.CHANGE),
        (r"(?<![\w])n", Role.COUNT),
    )
)  # fmt: skip
_LABELLED = re.compile(
    r"\b(?:Tables?|Figures?|Figs?\.|Sections?|Sec\.|Appendix|Equations?|Eqs?\.|Listings?|Algorithm|Reference)\s\(?$"
)
_CAUSE = re.compile(rf"\b({'|'.join(c.value.replace('_', '[ _]') for c in FailureCause)}) \($", re.I)
_RIGHT = (
    (re.compile(r"^ of (?:the )?(?:random )?draws\b", re.I), Role.SETTING),
    (
        re.compile(
            r"^\s*%?-?\s*(?:(?:confidence|t|paired|paired-t|jackknife|bootstrap|percentile|Wilson|exact) )*"
            r"(?:intervals?\b|CIs?\b|confidence\b)",
            re.I,
        ),
        Role.CONFIDENCE,
    ),
    (re.compile(r"^(?:th)? percentile|^ power\b", re.I), Role.SETTING),
    (
        re.compile(
            r"^\s*(?:points? |percentage points? )?(?:lower|higher|better|worse|less|more|smaller|larger)\b", re.I
        ),
        Role.CHANGE,
    ),
)
_NOUN = re.compile(rf"^\s*-?((?:[A-Za-z][\w/-]*,? ){{0,3}}?)({COUNTED})\b", re.I)
_SEED = re.compile(r"\bseeds?(?: numbers?)?(?: from)?[,:]?\s*(?:\d+(?:\s*(?:,|and|to|–|-|;|through)\s*)+)*$", re.I)
_OF_SEEDS = re.compile(r"\bof \w+ (?:\w+ ){0,3}seeds,\s*$", re.I)
"""Before how many of them did something: "of 40 planned noise seeds, 37 gave a result"."""
_HEADERS = (
    (Role.SEED, re.compile(r"^seed$", re.I)),
    (Role.P, re.compile(r"^(?:\W*p\W*|p[- ]values?.*|.*\bp \(.*|adjusted p|Holm.*)$", re.I)),
    (Role.LOW, re.compile(r"interval|\bCI\b", re.I)),
    (Role.SD, re.compile(r"\bs\.?d\.?\b|standard deviation|^std", re.I)),
    (Role.SE, re.compile(r"standard error|\bsem\b", re.I)),
    (Role.WINS, re.compile(r"\bwins?\b|\bbetter on\b|\bseeds (?:won|better)", re.I)),
    (Role.FLOOR, re.compile(r"noise floor", re.I)),
    (Role.EFFECT, re.compile(r"effect size|d_z|Cohen", re.I)),
    (Role.MEDIAN, re.compile(r"\bmedian\b", re.I)),
    (Role.MINIMUM, re.compile(r"^min", re.I)),
    (Role.MAXIMUM, re.compile(r"^max", re.I)),
    (Role.RELATIVE, re.compile(r"\brelative (?:change|difference|gain)|\brelative$", re.I)),
    (Role.DIFFERENCE, re.compile(r"\bdifference\b|Δ|\bdelta\b|\bchange\b", re.I)),
    (Role.CHANGE, re.compile(r"\bgain\b|\bimprovement\b|\breduction\b", re.I)),
)


def read_number(number: Number, text: str, unit: Unit) -> Reading:
    """The role of a number from the words next to it, and in a table from its headers."""
    clean = normalise(text)
    left, right = clean[max(0, number.start - 90) : number.start], clean[number.end : number.end + 60]
    left = re.sub(r"[<>=≤≥~]\s?$", "", left)
    if _LABELLED.search(left):
        return Reading(Role.LABEL)
    if number.form == "version":
        return Reading(Role.VERSION)
    if re.search(r"\($", left) and re.match(r"^\)", right) and (cause := _CAUSE.search(left)):
        return Reading(Role.COUNT, "cause", cause.group(1).lower().replace(" ", "_"))
    if _SEED.search(left) and not _NOUN.match(right) and not _OF_SEEDS.search(left):
        return Reading(Role.SEED)
    if re.search(r"\bby (?:less|no more) than\s?$", left) and "noise floor" in clean:
        return Reading(Role.FLOOR)
    if number.unit == "x" and (kind := cost_kind(re.split(r",| and ", right)[0])):
        return Reading(Role.COST_RATIO, kind)
    if (
        re.search(r"\($", left)
        and re.match(r"^\)", right)
        and re.search(r"standard deviation|\bs\.?d\.?\b", clean, re.I)
    ):
        return Reading(Role.SD)
    for pattern, role in _RIGHT:
        if pattern.match(right):
            return Reading(role)
    if number.form == "spread":
        return Reading(Role.SPREAD)
    counted = _counted(number, left, right, clean)
    if counted is not None:
        return counted
    if number.form in ("low", "high") and re.search(r"\binterval|\bCI\b|\[\s*$|\[[^\]]*$", left):
        return Reading(Role.LOW if number.form == "low" else Role.HIGH)
    for pattern, role in _LEFT:
        if pattern.search(left):
            signed = role is Role.CHANGE and re.search(r"\bdiffer\w*|\bchanged?\b", left[-40:])
            if signed and (number.sign or "change of" in left[-20:]):
                return Reading(Role.DIFFERENCE)
            return Reading(role, noun="seed" if role is Role.COUNT else "")
    if unit.kind is UnitKind.CELL:
        return _in_table(number, unit)
    return _by_unit(number, left, right)


def _counted(number: Number, left: str, right: str, text: str) -> Reading | None:
    if number.unit or number.sign or number.step != 1.0 or number.form == "dimension":
        return None
    right = _after_total(right) if number.form == "of" else right
    match = _NOUN.match(right)
    if match is None:
        return _elliptic(left, right, text[: number.start])
    singular = match.group(2).lower()
    singular = singular[:-1] if singular.endswith("s") and singular != "hypothesis" else singular
    noun = FAMILY[singular]
    near = match.group(1) + match.group(2)
    qualifier = qualify(near) or qualify(left[-14:])
    if not qualifier:
        clause = re.split(r"[,;:.(]| and ", right[match.end() :])[0]
        qualifier = qualify(clause)
    if number.form == "of" and noun == "seed":
        return Reading(Role.WINS, noun)
    if number.form == "total":
        qualifier = qualify(near) or qualify(text) if noun == "seed" else qualify(near)
    return Reading(Role.COUNT, noun, qualifier)


def _elliptic(left: str, right: str, before: str) -> Reading | None:
    """``of which 2 failed``: the noun was said before."""
    verb = re.match(
        r"^ (?:of (?:them|these|which) )?(?:failed|repeated|left|ran|was|were|succeeded|crashed|finished"
        r"|changed|did|timed|had|could|reached|passed|gave|needed)\b",
        right,
    )
    nouns = re.findall(rf"\d (?:[\w-]+ ){{0,3}}?({COUNTED})\b", before, re.I)
    if verb is None or not nouns or not re.search(r"(?:,|\band|\bwhich|;|:)\s$", left):
        return None
    noun = nouns[-1].lower()
    return Reading(
        Role.COUNT, FAMILY[noun[:-1] if noun.endswith("s") else noun], qualify(re.split(r",|;| and ", right)[0])
    )


def _after_total(right: str) -> str:
    """What follows the total of an ``x of y``."""
    return re.sub(
        r"^\s?(?:\([^)]*\)\s?)?(?:out of|of|/)\s?(?:the |its |these |all |those )?(?:\d+|[A-Za-z]+)", "", right
    )


def qualify(text: str) -> str:
    """The qualifier that a text names, such as failed or report."""
    return next((name for name, pattern in _QUALIFIERS if pattern.search(text)), "")


def cost_kind(text: str) -> str:
    """Which cost a header or sentence names."""
    return next((kind for kind, pattern in COSTS if pattern.search(text)), "")


def _in_table(number: Number, unit: Unit) -> Reading:
    header = unit.column
    bracketed = re.search(r"\d[^()]*\(\s*$", normalise(unit.text)[: number.start]) is not None
    if bracketed:
        return Reading(Role.SPREAD)
    if re.search(r"\bmean\b|\baverage\b", header, re.I):
        return Reading(Role.LEVEL)
    lone = header.strip().lower()
    if number.form == "of":
        return Reading(Role.WINS, "seed")
    won = re.match(r"seeds (?:won|better)\b", lone)
    if lone in ("n", "seeds", "n (seeds)", "trials") or (lone.startswith(("seeds ", "number of")) and not won):
        noun = "trial" if "trial" in lone else "seed"
        return Reading(Role.COUNT, noun, qualify(header))
    for role, pattern in _HEADERS:
        if pattern.search(header):
            if role is Role.LOW:
                return Reading(Role.HIGH if number.form == "high" else Role.LOW)
            return Reading(role)
    kind = cost_kind(header) or (cost_kind(unit.row[0][1]) if unit.row else "")
    if kind:
        ratio = number.unit in ("x", "%") or re.search(r"ratio|relative|×|against|vs", header, re.I)
        return Reading(Role.COST_RATIO if ratio else Role.COST, kind)
    if re.search(r"\bratio\b|×", header, re.I):
        return Reading(Role.COST_RATIO, cost_kind(unit.caption))
    return Reading(Role.LEVEL if number.form == "plain" else Role.UNKNOWN)


def _by_unit(number: Number, left: str, right: str) -> Reading:
    if number.unit == "x":
        return Reading(Role.RATIO)
    if number.unit == "points":
        return Reading(Role.CHANGE)
    if number.unit in ("s", "ms", "min", "h", "MB", "GB", "kB", "KB", "TB", "GHz", "MHz", "USD", "GiB", "MiB"):
        return Reading(Role.COST, cost_kind(right) or cost_kind(left[-40:]))
    following = re.match(r"^\s*(?:\w+ ){0,2}?(\w+)", right)
    if following and number.step == 1.0 and not number.unit:
        kind = cost_kind(right[: following.end()]) if re.match(r"^\s+(?:[a-z-]+ ){0,2}[a-z]+", right) else ""
        if kind and kind not in ("cpu_seconds", "wall_seconds"):
            return Reading(Role.COST, kind)
        if re.match(r"^\s+seconds\b", right):
            return Reading(Role.COST, "wall_seconds")
        if re.match(r"^\s+(?:minutes|hours)\b", right):
            return Reading(Role.SETTING)
    return Reading(Role.UNKNOWN)
