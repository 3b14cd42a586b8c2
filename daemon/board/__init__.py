"""Notion both ways: what to write, and what the person changed there."""
