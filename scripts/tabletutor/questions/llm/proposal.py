"""The proposals of a language model: their strict schema, and how they are read from its replies."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple, cast

import msgspec
from msgspec import Meta

from tabletutor.matching.canonical import NUMERIC_TYPES
from tabletutor.programs.grammar import from_json
from tabletutor.records.question import AnswerSpec, AnswerType
from tabletutor.records.record import Record, decoder

SCALARS: frozenset[AnswerType] = frozenset({"integer", "number", "percentage", "category", "boolean", "date"})
WITH_ITEM: frozenset[AnswerType] = frozenset({"list", "set", "mapping", "table"})
MOST_STARTS = 20  # places in a reply where its JSON may start
_NOT_SENT = ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "default", "title", "description")

Step = Annotated[str, Meta(min_length=1, max_length=200)]


class Part(Record, frozen=True):
    """A named part of an answer of type record."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    type: AnswerType


class Proposal(Record, frozen=True):
    """A question as a language model proposes it.

    `item`, `parts` and `decimals` are those of `AnswerSpec`. `expected_steps` are the steps of an analyst who answers
    it. `program` is a typed program that answers it, or JSON text of one.
    """

    text: str
    hint: Annotated[str, Meta(min_length=1, max_length=1000)]
    answer_type: AnswerType
    expected_steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=6)]
    item: AnswerType | None = None
    parts: Annotated[tuple[Part, ...], Meta(max_length=8)] = ()
    decimals: Annotated[int, Meta(ge=0, le=10)] | None = None
    program: dict[str, Any] | str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError unless the answer's type has exactly the fields that it needs."""
        if (self.item is not None) != (self.answer_type in WITH_ITEM):
            raise ValueError(f"`item` is for {', '.join(sorted(WITH_ITEM))}, which need it; otherwise it must be null")
        if bool(self.parts) != (self.answer_type == "record"):
            raise ValueError("`parts` is for a record, which needs it; otherwise it must be empty")
        if len({part.name for part in self.parts}) < len(self.parts):
            raise ValueError("`parts` must have different names")
        kinds = {self.item, *(part.type for part in self.parts)} - {None}
        if not kinds <= SCALARS:
            raise ValueError(f"an item or part must be of type {', '.join(sorted(SCALARS))}")
        if self.decimals is not None and not ({self.answer_type} | kinds) & NUMERIC_TYPES:
            raise ValueError("`decimals` is for numbers; otherwise it must be null")

    def spec(self) -> AnswerSpec:
        """Return the rules for comparing answers."""
        parts: tuple[tuple[str, AnswerType], ...] = tuple((part.name, part.type) for part in self.parts)
        return AnswerSpec(decimals=self.decimals, item=self.item, parts=parts)


class Reply(Record, frozen=True):
    """A whole reply."""

    questions: tuple[Proposal, ...]


class Malformed(NamedTuple):
    """A proposal that does not fit the schema: its text if it has one, and the fault in one line."""

    text: str
    fault: str


class Reading(NamedTuple):
    """The proposals in the replies of a conversation, and those that do not fit the schema."""

    proposals: tuple[Proposal, ...]
    malformed: tuple[Malformed, ...]


def reply_schema() -> dict[str, Any]:
    """Return the JSON Schema of a reply for endpoints: strict, so every field is required and a program is JSON text.

    Limits are left out, because many endpoints do not know them.
    """
    decoder(Reply)  # prepares the type under a lock
    schema = msgspec.json.schema(Reply)
    proposal = schema["$defs"]["Proposal"]["properties"]
    proposal["program"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    return cast("dict[str, Any]", _strict(schema))


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(member) for member in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    result: dict[str, Any] = {}
    for name, value in cast("dict[str, Any]", node).items():
        if name in ("properties", "$defs"):
            result[name] = {key: _strict(member) for key, member in value.items()}
        elif name not in _NOT_SENT:
            result[name] = _strict(value)
    if "properties" in result:
        result["required"] = list(result["properties"])
    return result


def read_replies(replies: Sequence[str]) -> Reading:
    """Return the proposals in the replies of one conversation. Each reply after the first corrects the malformed ones
    of the replies before it, in order.
    """
    good: list[Proposal] = []
    bad: list[Malformed] = []
    for reply in replies:
        try:
            items = _items(reply)
        except ValueError as error:
            bad = bad or [Malformed("", _one_line(error))]
            continue
        left = bad[len(items) :]
        bad = []
        for item in items:
            try:
                proposal = _proposal(item)
            except ValueError as error:
                bad.append(Malformed(_text(item), _one_line(error)))
            else:
                good += [proposal] if proposal not in good else []
        bad += left
    return Reading(tuple(good), tuple(bad))


def find_unreadable(reply: str) -> str | None:
    """Return in one line why no proposals can be read from a reply, or None."""
    try:
        _items(reply)
    except ValueError as error:
        return _one_line(error)
    return None


def _items(reply: str) -> list[Any]:
    """Return the members of `questions` in a reply. Raises ValueError if there are none."""
    scanner, fault = json.JSONDecoder(), "there is no JSON object in it"
    starts = [place for place, character in enumerate(reply) if character in "{["][:MOST_STARTS]
    for start in starts:
        try:
            _, end = scanner.raw_decode(reply, start)
            value = msgspec.json.decode(reply[start:end])  # stricter: no NaN, no halves of surrogate pairs
        except (ValueError, RecursionError) as error:
            if start == starts[0]:
                fault = f"it is not valid JSON: {error}"
            continue
        items: Any = cast("dict[str, Any]", value).get("questions") if isinstance(value, dict) else value
        if isinstance(items, list) and items and all(isinstance(item, dict) for item in cast("list[Any]", items)):
            return cast("list[Any]", items)
        fault = "it is not one JSON object with the key `questions`, a list of objects"
    raise ValueError(fault)


def _proposal(item: Any) -> Proposal:
    """Return a proposal with plain spaces. Raises ValueError if it does not fit the schema."""
    decoder(Proposal)  # prepares the type under a lock: `convert` must not do so on two threads
    proposal = msgspec.convert(item, Proposal)
    program = proposal.program
    if isinstance(program, str):
        try:
            program = msgspec.json.decode(program, type=dict[str, Any]) if program.strip() else None
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(f"`program` is not the JSON of an object: {error}") from error
    if program is not None:
        try:
            from_json(program)
        except msgspec.ValidationError as error:
            raise ValueError(f"`program` is no program ({error}); correct it, or set it to null") from error
    return msgspec.structs.replace(
        proposal,
        text=" ".join(proposal.text.split()),
        hint=" ".join(proposal.hint.split()),
        expected_steps=tuple(" ".join(step.split()) for step in proposal.expected_steps),
        program=program,
    )


def _text(item: Any) -> str:
    text = item.get("text", "")
    return " ".join(text.split()) if isinstance(text, str) else ""


def _one_line(error: ValueError) -> str:
    return " ".join(str(error).split())[:300]
