"""Tests of the templates that ship."""
