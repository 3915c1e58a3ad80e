"""How much memory a process has used, as Linux tells it in /proc."""

import re
from pathlib import Path


def peak(pid: int | str) -> float:
    """The most bytes that a process (`self` for this one) has had in memory at a time (VmHWM).

    NaN where there is no /proc, as on macOS.
    """
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return float(found[1]) * 1024 if found else float("nan")


def reset_peak(pid: int | str) -> None:
    """Let the peak begin anew with what is in memory now (man 5 proc_pid_clear_refs)."""
    switch = Path(f"/proc/{pid}/clear_refs")
    if switch.exists():
        switch.write_text("5")
