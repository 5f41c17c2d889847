"""Questions that are asked of measurements after the fact: intervals that respect groups, item analysis, scaling fits.

Nothing here knows where the numbers come from; only ``core`` is imported.
"""
