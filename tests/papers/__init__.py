"""Tests of hakken.research.papers."""
