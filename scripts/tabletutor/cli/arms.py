"""`tabletutor arms`: the comparison of a project's arms, as tables in Markdown."""

from pathlib import Path

from rich import box
from rich.table import Table

from tabletutor.config.load import load
from tabletutor.records.record import read_record
from tabletutor.reporting.arms import ArmDifference, ArmGroup, Arms
from tabletutor.reporting.render import p_value, percent, signed


def tables(config: Path) -> tuple[Table, Table]:
    """The arms of a project, and their differences from those they are compared with.

    Raises ValueError where the project has no arms, or has not compared them yet.
    """
    project = load(config)
    if not project.reporting.arms:
        raise ValueError(f"{config}: reporting.arms is empty; name the runs of two arms at least")
    path = Path(project.results) / "metrics" / "arms.json"
    if not path.is_file():
        raise ValueError(f"{path}: no such file; make it: snakemake --profile local {path} --configfile {config}")
    arms = read_record(path, Arms)
    return _arms(arms), _differences(arms)


def _arms(arms: Arms) -> Table:
    table = _table("arm", "runs", *(group.group for group in arms.arms[0].groups), "cells that ran", "turns")
    for arm in arms.arms:
        overall = arm.groups[0]
        shares = map(_accuracy, arm.groups)
        table.add_row(
            arm.arm, str(len(arm.runs)), *shares, percent(overall.execution_rate), f"{overall.mean_turns:.1f}"
        )
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
