"""Papers: facts, claims, manuscript, figures, rendering, audit and layout."""
