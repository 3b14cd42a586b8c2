"""Cratekeeper: what you like becomes a checked, analysed, tagged file in your crate and a true row in Notion."""
