"""Generate candidate questions of one table: each has a program, a text and an id, and no engine has run it yet."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.programs.describe import outline
from tabletutor.programs.grammar import size, to_json
from tabletutor.questions.compose import Composed, ask, draw_composed, is_held_out
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Family
from tabletutor.questions.header_words import spoken_columns
from tabletutor.records.identity import content_id, rng
from tabletutor.records.question import Difficulty, Novelty, Question
from tabletutor.records.table import Split, TableProfile

SETTLED = "settled:"  # before the name of a reading in the tags of a question whose text rules it out
TRIES = 25  # compositions drawn until one has the novelty that is wanted


@dataclass(frozen=True)
class Pool:
    """The families of one novelty, and how many questions a table should get from them."""

    novelty: Novelty
    families: tuple[Family, ...]
    wanted: int


def heldout_count(family: Family, share: float) -> int:
    """Return how many of a family's last wordings are held out: 0 for a `share` of 0, else at least 1 and never all."""
    return min(len(family.wordings) - 1, max(1, round(len(family.wordings) * share))) if share > 0 else 0


def make_pools(families: Sequence[Family], split: Split, config: ProgramQuestionsConfig) -> list[Pool]:
    """Return the pools for a table of this split. Raises ValueError for a held-out family that does not exist."""
    names = {family.name for family in families}
    for name in config.heldout_families:
        if name not in names:
            raise ValueError(
                f"questions.program.heldout_families: no family {name!r}; there are: {', '.join(sorted(names))}"
            )
    held = tuple(family for family in families if family.name in config.heldout_families)
    rest = tuple(family for family in families if family not in held)
    wanted = config.per_table.get(split, 0)
    if split == "train":
        return [Pool("trained", rest, wanted)]
    part = round(wanted * config.heldout_share / 2)
    new = tuple(families) if config.heldout_compositions > 0 else held
    new_compositions = part if new else 0
    new_wordings = part if config.heldout_wordings > 0 else 0
    pools = (
        Pool("trained", rest, wanted - new_compositions - new_wordings),
        Pool("new_wording", rest, new_wordings),
        Pool("new_composition", new, new_compositions),
    )
    return [pool for pool in pools if pool.wanted > 0]


def candidates(
    profile: TableProfile, pool: Pool, config: ProgramQuestionsConfig, seed: int
) -> Iterator[tuple[Family, Question]]:
    """Yield candidates without answers. Families take turns, each as often a round as its weight says."""
    order = [family for family in pool.families for _ in range(family.weight)]
    rng(seed, "families", profile.sha256, pool.novelty).shuffle(order)
    spoken = spoken_columns(profile)
    turns: Counter[str] = Counter()
    for _ in range(config.per_family * config.attempts_per_question):
        for family in order:
            turn = turns[family.name]
            turns[family.name] += 1
            source = rng(seed, "question", profile.sha256, pool.novelty, family.name, turn)
            question = _candidate(Draw(profile, spoken, source), family, pool.novelty, config)
            if question is not None:
                yield family, question


def _candidate(draw: Draw, family: Family, novelty: Novelty, config: ProgramQuestionsConfig) -> Question | None:
    """Return one candidate of a family, or None if the table does not fit."""
    held_out = heldout_count(family, config.heldout_wordings)
    trained = len(family.wordings) - held_out
    for _ in range(TRIES):
        draw.restart()
        try:
            composed = draw_composed(draw, family)
        except CannotDraw:
            continue
        new = is_held_out(composed, family, config.heldout_compositions, config.heldout_families)
        if new != (novelty == "new_composition"):
            continue
        wordings = range(trained, len(family.wordings)) if novelty == "new_wording" else range(trained)
        index = draw.choice(wordings)
        return _question(draw, family, novelty, composed, index)
    return None


def _question(draw: Draw, family: Family, novelty: Novelty, composed: Composed, index: int) -> Question:
    profile, asked = draw.profile, ask(composed, family, family.wordings[index], draw)
    candidate = composed.candidate
    question = Question(
        question_id="",
        table=profile.table,
        source="program",
        text=asked.text,
        answer_type=candidate.answer_type,
        answer_spec=asked.spec,
        answer=None,
        family=family.name,
        category=family.category,
        composition=composed.composition,
        wording=f"{family.name}/{index}",
        novelty=novelty,
        difficulty=difficulty(size(asked.program)),
        hint=outline(asked.program),
        program=to_json(asked.program),
        tags=(*candidate.tags, *(f"{SETTLED}{name}" for name in sorted(asked.settled))),
    )
    return with_text(question, asked.text, profile)


def with_text(question: Question, text: str, profile: TableProfile) -> Question:
    """Return the question with a text, and its id: the hash of the CSV, the program, the text and the answer's form."""
    decimals = question.answer_spec.decimals
    identity = content_id(profile.sha256, question.program, text, question.answer_type, decimals)
    return msgspec.structs.replace(question, question_id=identity, text=text)


def difficulty(steps: int) -> Difficulty:
    """Return the difficulty of a program by its number of steps: 1 easy, 2 medium, more hard."""
    return "easy" if steps <= 1 else "medium" if steps == 2 else "hard"
