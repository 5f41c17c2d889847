"""From a repository, of a suite or of anybody, to tasks in folders."""
