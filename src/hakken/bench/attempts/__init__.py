"""One agent at one task: what it did and left, written down before it is graded, and graded."""
