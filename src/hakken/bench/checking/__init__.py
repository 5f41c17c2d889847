"""The proof of a suite or of a folder of tasks: numbers come again, and nobody gets a point who has not earned it."""
