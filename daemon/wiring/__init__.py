"""Builds everything from the settings: alone in knowing the integrations, and opens each when it is needed."""
