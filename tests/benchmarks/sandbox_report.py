"""Print the measurements of `sandbox.py` as Markdown."""

from statistics import quantiles

START, BURST, FIRST, CELL = "start", "start in a burst", "first cell", "trivial cell"
GROUP, LIBRARY, KILL, RATE, RATE2 = "group-by cell", "import", "kill", "sessions/s", "sessions/s, 2 threads"
TIMES = (START, BURST, FIRST, CELL, GROUP, LIBRARY, KILL)
GOALS = ((START, 5.0), (CELL, 0.2))
NOTES = """
Tuned: the sandbox's environment, reader, `gc.freeze` and trimming after a cell; for forks also huge pages. Untuned:
pandas with its defaults. `start` follows 50 ms of rest (ours has a session ready by then), `start in a burst` follows
another start at once. A Jupyter start includes 0.2 s in which its client waits for silence, and a kill includes the
client's polling interval of 0.1 s. The container exec keeps no variables: each cell imports pandas and loads the table.
Its memory is not compared, because between cells the container only sleeps, and during a cell it holds a whole process.
Its start is that of the container."""
Samples = dict[str, list[float]]  # by measure
Held = dict[str, dict[int, list[tuple[float | None, float | None]]]]  # by peer and sessions: idle, after the cells


def p50(values: list[float]) -> float:
    return _tenths(values)[4]


def _tenths(values: list[float]) -> list[float]:
    return quantiles(values, n=10, method="inclusive") if len(values) > 1 else values * 9


def print_times(rounds: dict[str, list[Samples]]) -> None:
    """Print two tables: the measurements, and their ratios to the first peer."""
    measures = (*TIMES, RATE, RATE2)
    rows: dict[str, list[str]] = {}
    ratios: dict[str, list[str]] = {}
    ours = next(iter(rounds.values()))
    for name, turns in rounds.items():
        for measure in measures:
            values = [value for found in turns for value in found.get(measure, [])]
            tenths = _tenths(values)
            spread = "–" if not values else f"{_short(tenths[4])} [{_short(tenths[0])}, {_short(tenths[8])}]"
            rows.setdefault(name, []).append(spread)
            pairs = [
                (p50(mine[measure]), p50(theirs[measure]))
                for mine, theirs in zip(ours, turns, strict=True)
                if theirs.get(measure)
            ]
            inverse = measure in (RATE, RATE2)  # higher is better
            each = [mine / theirs if inverse else theirs / mine for mine, theirs in pairs]
            ratios.setdefault(name, []).append(_spread(each))
    print("\nMilliseconds, and sessions per second: p50 [p10, p90].\n")
    _table(["", *measures], rows)
    print("\nRatio to ours: p50 of the rounds (minimum–maximum).\n")
    _table(["", *measures], ratios)


def print_memory(held: Held, counts: list[int]) -> None:
    """Print the table: megabytes, and the ratio to the first peer."""
    ours = next(iter(held.values()))
    rows = {
        name: [
            _megabytes([pair[at] for pair in by_count[count]], [pair[at] for pair in ours[count]])
            for count in counts
            for at in (0, 1)
        ]
        for name, by_count in held.items()
    }
    heads = [f"N = {count}, {when}" for count in counts for when in ("idle", "after nine cells")]
    print("\nMemory: summed PSS in MB without the host, and the ratio to ours (minimum–maximum of the rounds).\n")
    _table(["", *heads], rows)


def _megabytes(theirs: list[float | None], ours: list[float | None]) -> str:
    pairs = [(a, b) for a, b in zip(theirs, ours, strict=True) if a is not None and b is not None]
    if not pairs:
        return "not readable"
    ratios = [a / b for a, b in pairs]
    return f"{p50([a for a, _ in pairs]):,.0f}, × {_spread(ratios)}"


def _spread(ratios: list[float]) -> str:
    """Return the median, with minimum and maximum if there are several values."""
    if not ratios or min(ratios) == max(ratios):
        return _short(ratios[0]) if ratios else "–"
    return f"{_short(p50(ratios))} ({_short(min(ratios))}–{_short(max(ratios))})"


def _table(heads: list[str], rows: dict[str, list[str]]) -> None:
    print(f"| {' | '.join(heads)} |")
    print(f"|{'---|' * len(heads)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")


def _short(value: float) -> str:
    """Return a number with three significant digits, or with all digits before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def print_goals(rounds: dict[str, list[Samples]], held: Held, count: int) -> None:
    """Print whether the goals were met."""
    print()
    first = next(iter(rounds))
    for measure, goal in GOALS:
        seen = p50([value for found in rounds[first] for value in found[measure]])
        print(f"goal: {measure} <= {goal:g} ms p50: {'met' if seen <= goal else 'not met'} ({seen:.2f} ms)")
    for kind, factor in (("process per session", 6), ("Jupyter kernel", 12)):
        for tuning in ("tuned", "untuned"):
            pairs = zip(held.get(f"{kind}, {tuning}", {}).get(count, []), held[first].get(count, []), strict=False)
            ratios = [theirs[1] / ours[1] for theirs, ours in pairs if theirs[1] is not None and ours[1] is not None]
            if ratios:
                verdict = "met" if min(ratios) >= factor else "not met"
                what = f"memory after work at N = {count} at least {factor} times below {kind}, {tuning}"
                print(f"goal: {what}: {verdict} ({min(ratios):.1f} times)")
