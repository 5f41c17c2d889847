"""Findings folded, and written as JSON and as a page."""
