"""Which functions carry an experiment, and the proof that it reproduces itself and needs each of them."""
