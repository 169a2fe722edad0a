"""What /proc tells of processes: who is below whom, and how much memory they hold together."""

from pathlib import Path


def below(root: int) -> set[int]:
    """Every process below `root`, itself left out. One that ends meanwhile is not among them."""
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
    """Megabytes of a process by `smaps_rollup` (Pss: pages shared by n count one nth); None where it may not be read.

    A process that has ended holds nothing.
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    except PermissionError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{kind}:")), 0.0)


def summed_mb(processes: set[int]) -> float | None:
    """Pss of all of them together; None where there are none or one may not be read."""
    sizes = [memory_mb(process) for process in sorted(processes)]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None
