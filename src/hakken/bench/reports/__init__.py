"""What many attempts say: shares with intervals, costs, scaling, failures, contamination; and two reports compared."""
