"""Check the chains of a program, its join and its parts."""

from tabletutor.programs import grammar as g
from tabletutor.programs.typecheck.groups import changed_value_kind, group_answer_kind, group_kinds
from tabletutor.programs.typecheck.kinds import NUMERIC, AnswerKind, Columns, IllTypedError, Kind
from tabletutor.programs.typecheck.reductions import reduction_kind
from tabletutor.programs.typecheck.rows import check_filter, derived_kind


def answer_kind(program: g.Program, columns: Columns) -> AnswerKind:
    """Return the kind of a program's answer. Raises `IllTypedError` if the program does not fit these columns."""
    if program.parts:
        return _record_kind(program, columns)
    kind = _chain_kind(program.steps, columns)
    if program.join is not None:
        kind = _joined_kind(program.join, kind, _chain_kind(program.other, columns))
    elif program.other or program.after:
        raise IllTypedError("a program without a join cannot have `other` or `after`")
    for step in program.after:
        kind = _rounded_kind(step, kind)
    return kind


def _record_kind(program: g.Program, columns: Columns) -> AnswerKind:
    if program.join is not None or program.other or program.after:
        raise IllTypedError("a program with parts cannot have `join`, `other` or `after`")
    names = [part.name for part in program.parts]
    if len(set(names)) < len(names):
        raise IllTypedError(f"the parts {names} do not have different names")
    if any(isinstance(step, g.Reduction | g.GroupReduction) for step in program.steps):
        raise IllTypedError("the steps before the parts give an answer")
    for part in program.parts:
        _chain_kind((*program.steps, *part.steps), columns)
    return "record"


def _chain_kind(steps: tuple[g.Step, ...], table: Columns) -> AnswerKind:
    columns: dict[str, Kind] = dict(table)
    groups: tuple[Kind, Kind] | None = None  # the kind of the names, the kind of the values
    answer: AnswerKind | None = None
    for step in steps:
        if isinstance(step, g.Round):
            answer = _rounded_kind(step, answer)
        elif answer is not None:
            raise IllTypedError(f"{step} cannot follow a step that gives the answer")
        elif isinstance(step, g.Group):
            if groups is not None:
                raise IllTypedError(f"{step} cannot follow another group step")
            groups = group_kinds(step, columns)
        elif isinstance(step, g.GroupChange | g.GroupReduction):
            if groups is None:
                raise IllTypedError(f"{step} needs groups, but there is no group step before it")
            if isinstance(step, g.GroupChange):
                groups = (groups[0], changed_value_kind(step, groups[1]))
            else:
                answer = group_answer_kind(step, *groups)
        elif groups is not None:
            raise IllTypedError(f"{step} needs rows, but a group step stands before it")
        elif isinstance(step, g.Filter):
            check_filter(step, columns)
        elif isinstance(step, g.Derivation):
            if step.name in columns:
                raise IllTypedError(f"{step}: column {step.name!r} already exists")
            columns[step.name] = derived_kind(step, columns)
        else:
            answer = reduction_kind(step, columns)
    if answer is None:
        raise IllTypedError("the chain ends without an answer")
    return answer


def _rounded_kind(step: g.Round, kind: AnswerKind | None) -> AnswerKind:
    if kind not in NUMERIC:
        raise IllTypedError(f"{step} cannot round a {kind or 'frame'}")
    return kind


def _joined_kind(join: g.Join, left: AnswerKind, right: AnswerKind) -> AnswerKind:
    if left not in NUMERIC or right not in NUMERIC:
        raise IllTypedError(f"{join} needs two numbers, not {left} and {right}")
    if (join.names is not None) != (join.operator == "larger_name"):
        raise IllTypedError(f"{join}: `names` is required by larger_name and not allowed otherwise")
    match join.operator:
        case "difference":
            return "integer" if left == right == "integer" else "number"
        case "ratio" | "percent":
            return "number"
        case "greater":
            return "boolean"
        case "larger_name":
            return "text"
