"""The machine that measures, in one line: without it no number means anything to anybody else."""

from __future__ import annotations

import os
import platform

import psutil


def describe() -> str:
    """Cores, memory, system, Python, and how busy the others keep it."""
    memory_gb = psutil.virtual_memory().total / 2**30
    busy = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory_gb:.0f} GB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, load before the first bench {busy:.2f}"
    )
