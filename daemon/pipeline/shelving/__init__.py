"""How finished files get to where the person wants them: named safely, put there whole, and over nothing of anyone's."""

from daemon.pipeline.shelving.shelf import Memory, Shelf, Shelving, Waiting

__all__ = ["Memory", "Shelf", "Shelving", "Waiting"]
