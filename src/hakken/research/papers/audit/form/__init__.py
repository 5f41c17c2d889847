"""What is wrong with a paper whatever its record."""
