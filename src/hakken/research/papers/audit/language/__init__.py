"""What the words and numbers of a sentence say, and what they are about."""
