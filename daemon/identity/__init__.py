"""Who a recording is: its artists and their parts, its version, and whether two descriptions mean the same. Pure."""
