"""How many trials a run is said to take at most."""

from __future__ import annotations

from hakken.core.config import SearchSettings, Settings
from hakken.models.forecast import most_versions
from hakken.research.bounds import most_trials
from tests.papers.builders import build_snapshot


def test_every_stage_has_its_bound() -> None:
    template = build_snapshot().template
    explore, noise, report = (len(s) for s in (template.seeds.explore, template.seeds.noise, template.seeds.report))
    settings = Settings(search=SearchSettings(ideas=2, nodes_per_idea=3, spare_ideas=1, ablate=False))
    bare = template.model_copy(update={"steps_arg": None, "probe": None})
    assert most_trials(settings, bare, 7) == {
        "baseline": explore + noise,
        "search": 7 * explore,
        "ablation": 0,
        "report": 2 * report,
    }
    assert [most_versions(settings, strong) for strong in (False, True)] == [7, 8], "a strong model tries an idea twice"
    whole = template.model_copy(update={"steps_arg": "--steps", "probe": ("python", "probe.py")})
    most = most_trials(Settings(), whole, 18)
    assert most["report"] == 3 * report + 4
    assert most["ablation"] == 3 * explore
