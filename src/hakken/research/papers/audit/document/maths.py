"""Inline TeX mathematics as a reader would type it."""

from __future__ import annotations

import re

_PAIRS = """
alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ
tau τ upsilon υ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω
varepsilon ε vartheta θ varphi φ pm ± mp ∓ times × cdot × le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ approx ≈ sim ≈
simeq ≈ lt < gt > ll < gg > to → rightarrow → gets ← leftarrow ← uparrow ↑ downarrow ↓ infty ∞ in ∈ ldots … cdots …
dots … neq ≠ ne ≠ subset ⊂ subseteq ⊆ sum Σ prod Π partial ∂ nabla ∇ mid | percent % dagger † ast *
"""
_SYMBOLS = dict(re.findall(r"([A-Za-z]+) (\S)", _PAIRS))
_SIZES = r"(?:\\(?:scriptsize|scriptscriptstyle|scriptstyle|tiny|footnotesize|small)\s*)?"
_MATH = (
    (re.compile(r"\{,\}"), ","),
    # A spread that is set small: 90.1_{\pm 0.2}, or 90.1_{0.2}.
    (re.compile(rf"[_^]\s*\{{\s*{_SIZES}(?:\\pm|±)\s*([^{{}}]*)\}}"), r" ± \1"),
    (re.compile(rf"(?:(?<=\d)|^)_\s*\{{\s*{_SIZES}(\d*\.\d+)\s*\}}"), r" ± \1"),
    (
        re.compile(
            r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:rm|bf|it|sf|tt|bb|cal|scr|frak)|operatorname\*?|boldsymbol|bm|num|qty"
            r"|emph|underline|mbox|hbox|ensuremath|hat|bar|tilde|vec|overline|widehat)\s*\{([^{}]*)\}"
        ),
        r"\1",
    ),
    (re.compile(r"\\(?:textcolor|color)(?:\[[^\]]*\])?\{[^{}]*\}"), ""),
    (re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}"), r"\1/\2"),
    (
        re.compile(
            r"\\(?:left|right|displaystyle|textstyle|scriptstyle|scriptscriptstyle|limits|bigl?|bigr|Bigl?|Bigr|rm|bf|it"
            r"|boldmath|nolimits)(?![A-Za-z])\s*"
        ),
        "",
    ),
    (re.compile(r"\^\s*\{?\\circ(?![A-Za-z])\}?"), "°"),
    (re.compile(r"\\(?:,|;|:|!|quad\b|qquad\b|\s)"), " "),
    (re.compile(r"\\([%&#_${}])"), r"\1"),
    (re.compile(r"\{([^{}]*)\}"), r"\1"),
    (re.compile(r"~"), " "),
)
_NAMED = re.compile(r"\\([A-Za-z]+)\s*")
_NESTING = 4


def plain_math(source: str) -> str:
    """Inline TeX mathematics as a reader would type it."""
    for _ in range(_NESTING):
        before = source
        for pattern, replacement in _MATH:
            source = pattern.sub(replacement, source)
        if source == before:
            break
    return _NAMED.sub(lambda m: _SYMBOLS.get(m.group(1), m.group()), source)
