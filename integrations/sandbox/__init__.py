"""Loopback twins of the outside systems: for the demo, and for every test. They refuse what the real ones refuse."""
