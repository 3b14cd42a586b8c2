"""The command line: parse, call, exit code; no work of its own."""
