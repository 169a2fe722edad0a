"""Generate candidate questions of one table: each has a program, a text and an id, and no engine has run it yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tabletutor.config.questions import ProgramQuestionsConfig
from tabletutor.programs.describe import outline
from tabletutor.programs.grammar import size, to_json
from tabletutor.questions.draw import CannotDraw, Draw
from tabletutor.questions.family import Candidate, Family, with_rounding
from tabletutor.questions.wording import fill, slots_of
from tabletutor.records.identity import content_id, rng
from tabletutor.records.question import AnswerSpec, Difficulty, Novelty, Question
from tabletutor.records.table import Split, TableProfile

ROUNDED_SHARE = 0.25
ROUNDINGS = (
    " Round to {decimals} decimals.",
    " Give {decimals} decimal places.",
    " Rounded to {decimals} decimals, please.",
)


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
    known = tuple(family for family in families if family.name not in config.heldout_families)
    new = tuple(family for family in families if family.name in config.heldout_families)
    wanted = config.per_table.get(split, 0)
    if split == "train":
        return [Pool("trained", known, wanted)]
    part = round(wanted * config.heldout_share / 2)
    new_families = part if new else 0
    new_wordings = part if config.heldout_wordings > 0 else 0
    pools = (
        Pool("trained", known, wanted - new_families - new_wordings),
        Pool("new_wording", known, new_wordings),
        Pool("new_family", new, new_families),
    )
    return [pool for pool in pools if pool.wanted > 0]


def candidates(
    profile: TableProfile, pool: Pool, config: ProgramQuestionsConfig, seed: int
) -> Iterator[tuple[Family, Question]]:
    """Yield candidates without answers, one of each family in turn, round after round."""
    order = list(pool.families)
    rng(seed, "families", profile.sha256, pool.novelty).shuffle(order)
    rounds = config.per_family * config.attempts_per_question
    for attempt in range(rounds):
        for family in order:
            source = rng(seed, "question", profile.sha256, pool.novelty, family.name, attempt)
            try:
                candidate = family.build(Draw(profile, source))
            except CannotDraw:
                continue
            _check_slots(family, candidate)
            held_out = heldout_count(family, config.heldout_wordings)
            trained = len(family.wordings) - held_out
            index = (
                source.randrange(trained, len(family.wordings))
                if pool.novelty == "new_wording"
                else source.randrange(trained)
            )
            text = fill(family.wordings[index], candidate.slots, source)
            decimals: int | None = None
            program = candidate.program
            if family.rounds and candidate.answer_type in ("number", "percentage") and source.random() < ROUNDED_SHARE:
                decimals = source.choice((1, 2, 2, 3))
                text += fill(source.choice(ROUNDINGS), {"decimals": str(decimals)}, source)
                program = with_rounding(program, decimals)
            spec = AnswerSpec(decimals=decimals, item=candidate.item, unit=candidate.unit)
            yield (
                family,
                Question(
                    question_id=content_id(profile.sha256, to_json(program), text, candidate.answer_type, decimals),
                    table=profile.table,
                    source="program",
                    text=text,
                    answer_type=candidate.answer_type,
                    answer_spec=spec,
                    answer=None,
                    family=family.name,
                    category=family.category,
                    wording=f"{family.name}/{index}",
                    novelty=pool.novelty,
                    difficulty=difficulty(size(program)),
                    hint=outline(program),
                    program=to_json(program),
                    tags=candidate.tags,
                ),
            )


def _check_slots(family: Family, candidate: Candidate) -> None:
    """Raise ValueError if any wording, held out or not, has a slot without words."""
    for place, wording in enumerate(family.wordings, start=1):
        if unknown := sorted(slots_of(wording) - candidate.slots.keys()):
            raise ValueError(
                f"question family {family.name!r}, wording {place}: no words for the slot {{{unknown[0]}}}; its "
                f"candidates have words for: {', '.join(sorted(candidate.slots)) or 'no slot'}"
            )


def difficulty(steps: int) -> Difficulty:
    """Return the difficulty of a program by its number of steps: 1 easy, 2 medium, more hard."""
    return "easy" if steps <= 1 else "medium" if steps == 2 else "hard"
