"""Tests of the tools and of the loop."""
