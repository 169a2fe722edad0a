"""How much memory the processes of a session hold together, seen from the host."""

from pathlib import Path


def resident_mb(process: int, baseline_mb: float) -> float:
    """Megabytes that `process` and all below it hold beyond what each shares with the warm parent (`baseline_mb`).

    A process that ends meanwhile counts as nothing.
    """
    total, waiting = 0.0, [process]
    while waiting:
        current = waiting.pop()
        try:
            status = Path(f"/proc/{current}/status").read_text()
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        held = sum(int(line.split()[1]) for line in status.splitlines() if line.startswith(("RssAnon:", "RssShmem:")))
        total += max(0.0, held / 1024 - baseline_mb)
    return total
