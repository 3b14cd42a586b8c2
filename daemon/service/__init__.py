"""What runs: one-shot modes now, the loop, and everything that decides when."""
