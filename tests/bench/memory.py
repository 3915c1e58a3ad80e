"""How much memory a process has used, as Linux tells it in /proc."""

import re
from pathlib import Path

_MEGABYTE = 1024.0
"""Linux counts in kB of 1,024 bytes."""


def peak(pid: int) -> float:
    """The most that was in use at a time since the process began (or `reset_peak`): VmHWM, in MB.

    NaN where there is no /proc, as on macOS.
    """
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / _MEGABYTE if found else float("nan")


def reset_peak(pid: int) -> None:
    """Begin anew with what is in use now (man 5 proc, clear_refs)."""
    switch = Path(f"/proc/{pid}/clear_refs")
    if switch.exists():
        switch.write_text("5")
