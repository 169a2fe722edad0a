"""Read descendants and memory of processes from /proc."""

from pathlib import Path


def below(root: int) -> set[int]:
    """Return all descendants of `root`, without `root`. Processes that end meanwhile are left out."""
    found: set[int] = set()
    waiting = [root]
    while waiting:
        try:
            children = [
                int(child)
                for task in Path(f"/proc/{waiting.pop()}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.update(children)
        waiting += children
    return found


def memory_mb(process: int, kind: str = "Pss") -> float | None:
    """Return the PSS of a process in MB from `smaps_rollup` (a page shared by n processes counts one nth).

    Returns None if it is not readable, and 0 for a process that has ended.
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    except PermissionError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{kind}:")), 0.0)


def summed_mb(processes: set[int]) -> float | None:
    """Return the summed PSS in MB; None if there are no processes or one is not readable."""
    sizes = [memory_mb(process) for process in sorted(processes)]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None
