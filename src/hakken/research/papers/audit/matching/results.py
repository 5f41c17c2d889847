"""Looking up a measured number: in what it names, else whose it is, else what the record has in its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from math import comb
from statistics import fmean

from hakken.core.types import Severity
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.about import About, Scoper
from hakken.research.papers.audit.language.numbers import WORDS, Number, find_numbers
from hakken.research.papers.audit.language.quantity import Quantity
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.language.topics import DATASETS
from hakken.research.papers.audit.matching.candidates import Candidate
from hakken.research.papers.audit.matching.kinds import kind_of
from hakken.research.papers.audit.matching.pool import ACROSS, Pool
from hakken.research.papers.audit.matching.reach import from_rounded, in_scale, in_units, luck, reaches
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.matching.ways import goes, oriented, way_of

_WEAK = 0.2
_CHOICES = 20
"""Parts of the data sets that an average may be over: three of six, say."""
_CHANGES = re.compile(
    r"\b(?:gain|improve|reduc|increas|decreas|sav(?:e|ing)|cost|overhead|drop(?!out)|fall|fell|ris|rose|grow|differ|penalt"
    r"|add(?:s|ed)\b|lose|lost|delay|slow|speed|faster|shorter|longer|lower|higher|smaller|larger)",
    re.I,
)
_ON_EVERY = re.compile(rf"\b(?:all|each|every|both)\b(?: [\w-]+){{0,3}}? {DATASETS}\b", re.I)
_OVER_SOME = re.compile(
    rf"\b(?:over|across|of|on) (?:all |the |these |those )*({'|'.join(w for w in WORDS if w.isalpha())}|\d)"
    r" (?:[\w-]+ ){0,2}?(?:data ?sets|tasks|benchmarks|environments|domains)\b",
    re.I,
)


def _changes(number: Number, unit: Unit) -> bool:
    """Whether the sentence before a number of some digits tells of changes: "it saves 210 steps on A, 98 on B"."""
    fine = number.step < 1 or abs(number.value) >= 20
    return fine and not unit.row and _CHANGES.search(unit.text[: number.start]) is not None


class Results:
    """Judges measured numbers against the derived values of a record."""

    def __init__(self, pool: Pool, scoper: Scoper) -> None:
        self.pool = pool
        self.scoper = scoper
        self.evidence = pool.evidence

    def look_up(self, number: Number, unit: Unit, about: About, quantity: Quantity, *, scaled: bool = False) -> Match:
        """The verdict on one number; ``scaled`` where its unit is known and needs no guess."""
        number = number if quantity.change or scaled else in_scale(number, unit, about.keys, self.pool)
        inside = self._inside(about, quantity)
        hits = self._hits(number, inside, quantity)
        if hits and about.label and not about.variants:
            return self._nobodys(number, unit, about, quantity, hits[0])
        if hits and (turned := self._turned(number, unit, about, quantity, hits)):
            return turned
        if hits and (failing := self._short_of(number, unit, inside)):
            return Match(unit, number, quantity.role, Verdict.UNSUPPORTED, failing, label=about.label)
        if spanned := self._span(number, unit, about, quantity):
            return Match(unit, number, quantity.role, Verdict.SUPPORTED, spanned, label=about.label)
        if hits:
            hit = next((h for h in hits if about.across and h.metric.startswith(ACROSS)), hits[0])
            return self._found(number, unit, about, quantity, inside, hit)
        if not quantity.change and quantity.role is Role.LEVEL and (number.unit == "%" or _changes(number, unit)):
            match = self._as_change(number, unit, about)
            if match is not None:
                return match
        if averaged := self._part_average(number, unit, about, quantity):
            return Match(unit, number, quantity.role, Verdict.SUPPORTED, averaged, label=about.label)
        if re.search(r"\bgaps?\b", unit.text + unit.column, re.I):
            gaps = self._gaps(about)
            if found := self._hits(number, gaps, replace(quantity, change=True)):
                return self._found(number, unit, about, quantity, gaps, found[0])
        if rounded := self._rounded(number, about, quantity):
            return Match(unit, number, quantity.role, Verdict.SUPPORTED, rounded, label=about.label)
        return self._elsewhere(number, unit, about, quantity, inside)

    def _turned(
        self, number: Number, unit: Unit, about: About, quantity: Quantity, hits: list[Candidate]
    ) -> Match | None:
        """A change of the right size that goes the other way than its verb or its sign says; None for any other."""
        if not quantity.change or quantity.role not in (Role.CHANGE, Role.RATIO):
            return None
        base = self.evidence.baseline
        way = way_of(number, unit, self.scoper.names, base)
        if way is None:
            return None
        mine = about.variants - {base}
        sides = [side for c in hits if (side := oriented(c, mine, base)) is not None]
        if not sides or any(goes(c, way, self.evidence.direction_of(c.metric)) for c in sides):
            return None
        why = f"the {sides[0].about} is {in_units(number, sides[0], self.pool).value:.6g}, the other way"
        return Match(unit, number, quantity.role, Verdict.REVERSED, why, label=about.label)

    def _found(
        self, number: Number, unit: Unit, about: About, quantity: Quantity, inside: list[Candidate], hit: Candidate
    ) -> Match:
        told = in_units(number, hit, self.pool)
        evidence = f"the {hit.about} is {told.value:.6g}"
        of_all = about.across and hit.metric.startswith(ACROSS)
        by_chance = luck(number, [c for c in inside if c.metric.startswith(ACROSS) or not of_all], self.pool)
        spreads = self._hits(number, inside, quantity) if quantity.role is Role.SPREAD else []
        kinds = frozenset(map(kind_of, spreads))
        match = Match(unit, number, quantity.role, Verdict.SUPPORTED, evidence, label=about.label, kinds=kinds)
        if by_chance > _WEAK and not unit.row and not number.relation:
            why = f"{evidence}; so may {100 * by_chance:.0f} % of such numbers agree with something"
            return replace(match, verdict=Verdict.WEAK, evidence=why)
        return match

    def _nobodys(self, number: Number, unit: Unit, about: About, quantity: Quantity, hit: Candidate) -> Match:
        why = f"no recorded run has the numbers of “{about.label}”; this one is the {hit.about}"
        return Match(unit, number, quantity.role, Verdict.MISATTRIBUTED, why, label=about.label, nobody=True)

    def _as_change(self, number: Number, unit: Unit, about: About) -> Match | None:
        """A percentage that is no level may be a change all the same."""
        quantity = Quantity(Role.CHANGE, (Role.RELATIVE, Role.DIFFERENCE), change=True)
        if about.variants <= about.against | {self.evidence.baseline}:
            about = replace(about, variants=frozenset())
        inside = self._inside(about, quantity)
        hits = self._hits(number, inside, quantity)
        if not hits or (number.unit != "%" and luck(number, inside, self.pool) > _WEAK):
            return None
        return self._found(number, unit, about, quantity, inside, hits[0])

    def _span(self, number: Number, unit: Unit, about: About, quantity: Quantity) -> str:
        """``by 29 % to 50 %``: the least and the most of one variant's changes over the data sets."""
        numbers = find_numbers(unit.text)
        if unit.row or not quantity.change or number.form not in ("low", "high") or number.partner is None:
            return ""
        other = numbers[number.partner]
        names = {k.partition("/")[2] for k in about.keys}
        keys = [k for k in self.pool.keys if not names or k.partition("/")[2] in names]
        changes: dict[tuple[Role, str, str, str], list[Candidate]] = {}
        for c in self._inside(replace(about, keys=tuple(keys), datasets=frozenset()), quantity):
            data, _, name = c.metric.partition("/")
            if data != ACROSS:
                changes.setdefault((c.role, c.variant, c.against, name), []).append(c)
        for several in changes.values():
            sizes = sorted(several, key=lambda c: abs(c.value))
            first, last = (sizes[0], sizes[-1]) if number.form == "low" else (sizes[-1], sizes[0])
            partner = replace(other, unit=number.unit, relation="")
            if len(sizes) > 1 and all(
                reaches(n, c, self.pool, unsigned=True) for n, c in ((number, first), (partner, last))
            ):
                which = "smallest" if number.form == "low" else "largest"
                return f"{which} of its {len(sizes)} changes: the {first.about} is {first.value:.6g}"
        return ""

    def _short_of(self, number: Number, unit: Unit, inside: list[Candidate]) -> str:
        """A bound that is told of every data set, and that no variant keeps on all: what breaks it."""
        if not number.relation or unit.row or not _ON_EVERY.search(unit.text):
            return ""
        groups: dict[tuple[Role, str, str, str], list[Candidate]] = {}
        for c in inside:
            data, _, name = c.metric.partition("/")
            if data != ACROSS:
                groups.setdefault((c.role, c.variant, c.against, name), []).append(c)
        several = [g for g in groups.values() if len(g) > 1]
        broken = [[c for c in g if not reaches(number, c, self.pool, unsigned=True)] for g in several]
        if not broken or not all(broken):
            return ""
        worst = min(broken, key=len)[0]
        return f"not on every data set: the {worst.about} is {in_units(number, worst, self.pool).value:.6g}"

    def _part_average(self, number: Number, unit: Unit, about: About, quantity: Quantity) -> str:
        """``averaged over the three arithmetic tasks``: an average over so many of the data sets, but not all."""
        said = _OVER_SOME.search(unit.text)
        if said is None or quantity.role is not Role.LEVEL or unit.row:
            return ""
        size = int(said.group(1)) if said.group(1).isdigit() else int(WORDS[said.group(1).lower()])
        averages = list(self._averages(about, size))
        hit = next((c for c in averages if reaches(number, c, self.pool)), None)
        return hit.about if hit is not None and luck(number, averages, self.pool) <= _WEAK else ""

    def _averages(self, about: About, size: int) -> Iterator[Candidate]:
        """Averages of a metric over so many data sets. Where the choices are many, one of them agrees with anything."""
        for name in dict.fromkeys(k.partition("/")[2] for k in about.keys):
            keys = [m.key for m in self.evidence.metrics if m.name == name]
            if not 1 < size < len(keys) or comb(len(keys), size) > _CHOICES:
                continue
            for variant in about.variants or self.evidence.variants:
                for some in combinations([k for k in keys if (variant, k) in self.pool.means], size):
                    mean = fmean(self.pool.means[variant, k] for k in some)
                    where = ", ".join(k.partition("/")[0] for k in some)
                    told = f"average of {name} over {where} of {self.pool.title(variant)} is {mean:.6g}"
                    yield Candidate(Role.LEVEL, mean, told, variant, metric=some[0])

    def _gaps(self, about: About) -> list[Candidate]:
        """Differences between two metrics of one run, such as the gap between training and validation loss."""
        found: list[Candidate] = []
        keys = [k for k in self.pool.keys if not about.datasets or k.partition("/")[0] in about.datasets]
        for first, second in combinations(keys, 2):
            (data, _, one), (other, _, two) = first.partition("/"), second.partition("/")
            if data != other or one.rpartition("_")[2] != two.rpartition("_")[2]:
                continue
            for variant in about.variants or self.evidence.variants:
                a, b = self.pool.means.get((variant, first)), self.pool.means.get((variant, second))
                if a is not None and b is not None:
                    what = f"gap between {self.pool.where(first)} and {two} of {self.pool.title(variant)}"
                    found.append(Candidate(Role.DIFFERENCE, a - b, what, variant, metric=first))
        return found

    def _inside(self, about: About, quantity: Quantity) -> list[Candidate]:
        keys = about.keys or self._keys_of_unit(about) or self._keys_on(about)
        candidates = self.pool.of(quantity.roles, keys)
        belongs = self._change_belongs if quantity.change else self._level_belongs
        return [c for c in candidates if belongs(c, about)]

    def _keys_on(self, about: About) -> list[str]:
        """Every metric on the data sets that are named."""
        return [k for k in self.pool.keys if not about.datasets or k.partition("/")[0] in about.datasets]

    def _keys_of_unit(self, about: About) -> list[str]:
        return self.scoper.by_unit.get(about.unit, []) if about.unit else []

    def _level_belongs(self, c: Candidate, about: About) -> bool:
        if c.variant == ACROSS:
            return about.across and not about.variants
        return not about.variants or c.variant in about.variants

    def _change_belongs(self, c: Candidate, about: About) -> bool:
        base = self.evidence.baseline
        against = about.against or (frozenset({base}) if base else frozenset())
        ways = ((c.variant, c.against), (c.against, c.variant))
        if not about.against and self._is_part_of_whole(c) and (not about.variants or {*ways[0]} & about.variants):
            return True
        return any(
            (not about.variants or one in about.variants) and (not against or other in against) for one, other in ways
        )

    def _is_part_of_whole(self, c: Candidate) -> bool:
        """Whether a change is one between an ablation and what it took a part out of."""
        known, whole = self.evidence.variants, self.scoper.names.labels.chosen
        ablated = [v for v in (c.variant, c.against) if v in known and known[v].ablation]
        return len(ablated) == 1 and ({c.variant, c.against} & set(whole)) != set()

    def _hits(self, number: Number, candidates: list[Candidate], quantity: Quantity) -> list[Candidate]:
        unsigned = quantity.change and not number.sign and not quantity.signed
        return [c for c in candidates if reaches(number, c, self.pool, unsigned=unsigned)]

    def _rounded(self, number: Number, about: About, quantity: Quantity) -> str:
        if quantity.role is Role.LEVEL:
            return self._rounded_average(number, about)
        if Role.RELATIVE not in quantity.roles or number.unit != "%":
            return ""
        for pair in self.pool.pairs:
            candidate = Candidate(Role.RELATIVE, 0.0, "", pair.variant, pair.against, metric=pair.key)
            named = (not about.keys or pair.key in about.keys) and self._change_belongs(candidate, about)
            if named and from_rounded(number, pair):
                return (
                    f"follows from rounded means of {self.pool.where(pair.key)}: {self.pool.title(pair.variant)}"
                    f" {pair.mean:.4g}, {self.pool.title(pair.against)} {pair.base:.4g}"
                )
        return ""

    def _rounded_average(self, number: Number, about: About) -> str:
        """An average over the data sets, of values that were rounded before."""
        for key in (k for k in about.keys if k.startswith(ACROSS)):
            own = [m.key for m in self.evidence.metrics if m.name == key.partition("/")[2]]
            for variant in about.variants or self.evidence.variants:
                if (variant, key) not in self.pool.means:
                    continue
                values = [self.pool.means[variant, k] for k in own]
                for decimals in (1, 2, 3, 4):
                    mean = fmean(round(v, decimals) for v in values)
                    if abs(mean - number.value) <= number.step / 2 * (1 + 1e-6):
                        where = f"{self.pool.where(key)} of {self.pool.title(variant)}"
                        return f"the {where}, from rounded values, is {mean:.6g}"
        return ""

    def _elsewhere(
        self, number: Number, unit: Unit, about: About, quantity: Quantity, inside: list[Candidate]
    ) -> Match:
        """Whose number it is, if any: looked for in ever wider circles, as long as chance would not find one too."""
        severity = None if unit.row or about.keys or quantity.change else Severity.WARNING
        severity = Severity.WARNING if about.implied else severity
        nobody = bool(about.label) and not about.variants
        near = "" if nobody else self._nearest(number, inside, quantity)
        for circle in self._circles(about, quantity):
            hits = self._hits(number, circle, quantity)
            if not hits:
                continue
            if luck(number, circle, self.pool) > _WEAK:
                break
            hit = next((h for h in hits if h.variant == about.held), hits[0])
            near = near and (self._nearest(number, [c for c in inside if c.metric == hit.metric], quantity) or near)
            why = f"that is the {hit.about}" + (f"; {near}" if near else "")
            owner = self.pool.title(hit.variant) if hit.variant not in about.variants else ""
            return Match(unit, number, quantity.role, Verdict.MISATTRIBUTED, why, severity, owner, about.label, nobody)
        why = f"no recorded run has the numbers of “{about.label}”" if nobody else near or self._nothing(quantity)
        return Match(unit, number, quantity.role, Verdict.UNSUPPORTED, why, severity, "", about.label, nobody)

    def _nothing(self, quantity: Quantity) -> str:
        if quantity.role in (Role.SPREAD, Role.SD, Role.SE, Role.HALF, Role.P, Role.LOW, Role.HIGH):
            return "the record holds no replicates here, from which it could follow"
        return "nothing of the kind is recorded"

    def _circles(self, about: About, quantity: Quantity) -> Iterator[list[Candidate]]:
        every = self.pool.of(quantity.roles, self.pool.keys)
        base = self.evidence.baseline
        if quantity.change and base and about.keys:
            yield [c for c in every if c.metric in about.keys and base in (c.variant, c.against)]
        names = {k.partition("/")[2] for k in about.keys}

        def chosen(test: Callable[[Candidate], bool]) -> list[Candidate]:
            return [c for c in every if test(c)]

        if about.keys and about.variants:
            yield chosen(lambda c: c.metric in about.keys)
            yield chosen(lambda c: c.variant in about.variants and c.metric.partition("/")[2] in names)
        if names:
            yield chosen(lambda c: c.metric.partition("/")[2] in names)
        if about.datasets:
            yield chosen(lambda c: c.metric.partition("/")[0] in about.datasets)
        if about.variants:
            yield chosen(lambda c: c.variant in about.variants)
        yield every

    def _nearest(self, number: Number, inside: list[Candidate], quantity: Quantity) -> str:
        """What the record has in its place."""
        usable = [c for c in inside if c.role is not Role.RELATIVE or number.unit == "%"]
        usable = [c for c in usable if number.unit != "%" or c.role is Role.RELATIVE or c.metric in self.pool.fractions]
        usable = usable or inside
        if not usable:
            return ""
        values = [(in_units(number, c, self.pool), c) for c in usable]
        value, candidate = min(values, key=lambda pair: abs(abs(pair[0].value) - abs(number.value)))
        return f"the {candidate.about} is {value.value:.6g}"
