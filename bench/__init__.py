"""The numbers that `docs/numbers.md` quotes, one module each: `python -m bench [name …]`.

Every number is a median of several runs and stands beside something measured in the same run: the floor below which
nobody gets, the naive way, or a peer. Absolute times move with the machine; the ratios hold.
"""
