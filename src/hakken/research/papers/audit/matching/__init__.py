"""Each printed number against every value that the record holds or that follows from it."""
