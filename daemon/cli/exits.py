"""The exit codes, which scripts and service managers go by."""

from __future__ import annotations

from daemon.errors import ConfigError, DaemonError, Permanent

DONE = 0
FAILED = 1
LATER = 75
CONFIG = 78


def code_of(error: DaemonError) -> int:
    """For a run that this error ended: whether trying again would change anything."""
    if isinstance(error, ConfigError):
        return CONFIG
    return FAILED if isinstance(error, Permanent) else LATER
