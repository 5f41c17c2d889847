"""Numbers in texts: how they are written, papers without their results, and where a measured one still stands."""
