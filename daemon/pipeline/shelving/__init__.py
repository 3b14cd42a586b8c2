"""How finished files get to where the person wants them: named safely, put there whole, never over anything."""

from daemon.pipeline.shelving.notes import Memory
from daemon.pipeline.shelving.shelf import LibraryWaits, Shelf, Shelving, Waiting

__all__ = ["LibraryWaits", "Memory", "Shelf", "Shelving", "Waiting"]
