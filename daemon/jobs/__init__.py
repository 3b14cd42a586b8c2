"""What can be ordered of this program: one table of verbs, worked off in fair turns. See `Verb` and `Running`."""
