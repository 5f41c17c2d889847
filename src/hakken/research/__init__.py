"""The scientist: rooms that meet only in run.py and in the types."""
