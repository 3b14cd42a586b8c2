"""Logging in to a service: how the answer comes in from the browser, and how long it lasts."""
