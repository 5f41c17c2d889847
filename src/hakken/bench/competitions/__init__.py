"""Competitions in the style of MLE-bench: its medal rules, its folders, and small ones of our own that ship.

What ships is never MLE-bench: the data come from installed packages, and the leaderboards hold baselines that a
committed script trained.
"""
