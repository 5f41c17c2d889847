"""From finished Pandoc Markdown to a paper: PDF, LaTeX, HTML and Markdown from one reading.

The source is Pandoc Markdown without raw TeX or HTML, and these few conventions:

Figure
    A paragraph of its own: ``![Caption.](figures/NAME){#fig:LABEL}``. ``NAME`` has no extension; each format takes the
    file it can show (``.pdf``, ``.svg``, ``.png``). ``{#fig:LABEL .wide}`` spans both columns.
Table
    A Pandoc pipe table followed by ``: Caption. {#tab:LABEL}``. Tables that need the room span both columns by
    themselves; ``.wide`` and ``.narrow`` decide it by hand.
Listing
    A fenced block. ``{.diff #lst:LABEL caption="Caption."}`` colours added and removed lines; long lines wrap.
Reference
    ``{fig:LABEL}``, ``{tab:LABEL}``, ``{lst:LABEL}`` in the text become "Figure 2" with a link: the word comes along.
Citation
    ``[@key]``, ``[@a; @b]`` or ``@key``, from the ``.bib`` file.
Appendix
    Everything from the first ``# Heading {.appendix}`` on: after the references, in one column, lettered.

Unknown labels, unknown citations and missing figures are errors (``RenderError``), never question marks in the PDF.
"""

from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.render.paper import render
from hakken.research.papers.render.source import PaperMetadata

__all__ = ["PaperMetadata", "escape_text", "render"]
