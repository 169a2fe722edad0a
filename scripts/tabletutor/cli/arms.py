"""`tabletutor arms`: compare the arms of a project in Markdown tables."""

from pathlib import Path

from rich import box
from rich.table import Table

from tabletutor.config.load import load
from tabletutor.records.record import read_record
from tabletutor.reporting.arms import ArmDifference, ArmGroup, Arms
from tabletutor.reporting.render import p_value, percent, signed


def tables(config: Path) -> tuple[Table, Table, Table]:
    """Return tables of a project's arms: accuracy, way of working, and differences from the reference arm.

    Raises ValueError if the project has no arms, or if its comparison has not been built yet.
    """
    project = load(config)
    if not project.reporting.arms:
        raise ValueError(f"{config}: reporting.arms is empty; list the runs of at least two arms")
    path = Path(project.results) / "metrics" / "arms.json"
    if not path.is_file():
        raise ValueError(f"{path}: no such file; build it with: snakemake --profile local {path} --configfile {config}")
    arms = read_record(path, Arms)
    return _arms(arms), _work(arms), _differences(arms)


def _arms(arms: Arms) -> Table:
    table = _table("arm", "runs", *(group.group for group in arms.arms[0].groups))
    for arm in arms.arms:
        table.add_row(arm.arm, str(len(arm.runs)), *map(_accuracy, arm.groups))
    return table


def _work(arms: Arms) -> Table:
    """Return the table of the share of cells that ran, and of turns per question."""
    table = _table("cells that ran · turns", *(group.group for group in arms.arms[0].groups))
    for arm in arms.arms:
        cells = (f"{percent(group.execution_rate)} · {group.mean_turns:.1f}" for group in arm.groups)
        table.add_row(arm.arm, *cells)
    return table


def _differences(arms: Arms) -> Table:
    table = _table("arm", "against", "questions", "n", "points", f"{arms.confidence:.0%} interval", "p", "Holm")
    for row in arms.differences:
        table.add_row(row.arm, row.against, row.group, str(row.n), *_difference(row))
    return table


def _accuracy(group: ArmGroup) -> str:
    return percent(group.accuracy) + ("" if group.spread is None else f" ± {100 * group.spread:.1f}")


def _difference(row: ArmDifference) -> tuple[str, ...]:
    interval = f"{signed(row.points_low)} to {signed(row.points_high)}"
    return signed(row.points), interval, p_value(row.p), p_value(row.p_holm)


def _table(*names: str) -> Table:
    table = Table(box=box.MARKDOWN)
    for name in names:
        table.add_column(name)
    return table
