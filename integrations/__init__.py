"""Thin edges: one outside system each. They take plain arguments and speak in `daemon.models`, `ports` and `errors`."""
