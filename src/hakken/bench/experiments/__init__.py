"""The experiments of a repository: run in a fresh sandbox, their numbers read, compared and kept."""
