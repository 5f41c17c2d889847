"""How the work was done, as told: set-up, seeds, fairness, methods, and what had to be said."""
