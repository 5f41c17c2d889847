"""Statements of effect against the record: verbs, superlatives, signs, sizes told in words."""
