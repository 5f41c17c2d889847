"""A PDF read as a person would, from the places of its characters."""
