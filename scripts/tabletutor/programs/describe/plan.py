"""A whole program as one sentence."""

from tabletutor.programs import grammar as g
from tabletutor.programs.describe.groups import group_words
from tabletutor.programs.describe.reductions import reduction_words
from tabletutor.programs.describe.rows import derivation_words, filter_words

_JOINS = {
    "difference": "subtract right from left",
    "ratio": "divide left by right",
    "percent": "take left as a percentage of right",
    "greater": "test if left is greater",
    "larger_name": "name the larger one",
}


def describe(program: g.Program) -> str:
    """Return the whole program as one sentence."""
    if program.parts:
        shared = _clauses(program.steps) if program.steps else []
        parts = [", then ".join(_clauses(part.steps, f"for {part.name!r} ")) for part in program.parts]
        return _sentence([*shared, "; ".join(parts)])
    if program.join is None:
        return _sentence(_clauses(program.steps))
    shared = g.shared_steps(program)
    left, right = program.steps[len(shared) :], program.other[len(shared) :]
    sides = [*_clauses(left, "left: "), *_clauses(right, "right: "), join_words(program.join)]
    return _sentence([*map(step_words, shared), *sides, *map(step_words, program.after)])


def join_words(join: g.Join) -> str:
    """Return what a join does, as an imperative clause."""
    return _JOINS[join.operator]


def step_words(step: g.Step) -> str:
    """Return what one step does, as an imperative clause."""
    if isinstance(step, g.Filter):
        return filter_words(step)
    if isinstance(step, g.Derivation):
        return derivation_words(step)
    if isinstance(step, g.Reduction):
        return reduction_words(step)
    if isinstance(step, g.Group | g.GroupChange | g.GroupReduction):
        return group_words(step)
    return f"round {'half away from 0 ' if step.half == 'away' else ''}to {step.decimals} decimals"


def _clauses(steps: tuple[g.Step, ...], prefix: str = "") -> list[str]:
    match steps:
        case (g.Missing() as filtering, g.Count(), *rest):
            known = "known" if filtering.negated else "missing"
            words = [f"count the {known} values of {filtering.column!r}", *map(step_words, rest)]
        case _:
            words = [step_words(step) for step in steps]
    return [prefix + words[0], *words[1:]]


def _sentence(clauses: list[str]) -> str:
    text = ", then ".join(clauses)
    return f"{text[:1].upper()}{text[1:]}."
