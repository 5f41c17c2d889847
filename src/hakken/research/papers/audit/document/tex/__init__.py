"""LaTeX made readable: parts put in, what is not closed closed, tables made plain."""
