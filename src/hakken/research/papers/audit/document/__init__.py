"""A paper as the audit sees it, read from Markdown, LaTeX, HTML or PDF."""
