"""Tests of Hakken, in folders that mirror the rooms."""
