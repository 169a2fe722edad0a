"""Cases made by hand, of which all is known: one with every kind of trace, and many alike that a model can learn."""

from tabletutor.formats.converter import Case
from tabletutor.models.prompt import table_card
from tabletutor.records.episode import Episode, Hook, StepLabel, Trace, Turn, Verdict
from tabletutor.records.question import AnswerSpec, Question
from tabletutor.records.table import ColumnProfile, Source, TableProfile

HINT = "Keep rows where wind > 5, then take the mean of wind."
PLAN = "Keep the windy days, then take the mean."
PROFILE = TableProfile("t", "00", Source("t.csv", 1, "utf-8", {}), 9, (ColumnProfile("wind", "number", 1, 5),))


def turns(*codes: str, plan: str = PLAN, mends: int | None = None) -> tuple[Turn, ...]:
    """A look with a plan, then these cells; the last one mends the turn `mends`."""
    look = Turn(0, plan, "df.head(1)", "   wind\n0   1.5\n")
    cells = [
        Turn(place, f"Step {place}.", code, "", hooks=(Hook(f"n{place}", place, "00"),))
        for place, code in enumerate(codes, start=1)
    ]
    if mends is not None:
        cells[-1] = Turn(len(codes), "That was wrong.", codes[-1], "", corrects_turn=mends)
    return (look, *cells)


def trace(name: str, *cells: Turn, answer: float = 1.5, mistake: str | None = None) -> Trace:
    return Trace(name, "perturbed" if mistake else "gold", "program", cells, "submit", answer, mistake)


GOLD = trace("gold", *turns("rows = df[df['wind'] > 5]", "submit(rows['wind'].mean())"))
SLIP = trace("slip", *turns("rows = df[df['wind'] < 5]", "submit(rows['wind'].mean())"), answer=9, mistake="wrong_end")
MISLED = trace("misled", *turns("submit(df['wind'].sum())", plan="Take the sum."), answer=7, mistake="wrong_aggregate")
MENDED = trace("mended", *turns("answer = 3", "submit(1.5)", mends=1), mistake="wrong_end_mended")
LUCKY = trace("lucky", *turns("rows = df[df['wind'] >= 5]", "submit(rows['wind'].mean())"), mistake="wrong_boundary")
LABELS: dict[str, tuple[StepLabel, ...]] = {
    "gold": ("correct", "correct", "correct"),
    "slip": ("correct", "wrong", "wrong"),
    "misled": ("correctable", "wrong"),
    "mended": ("correct", "correctable", "correct"),
    "lucky": ("correct", "correctable", "correct"),
}


def question(name: str = "q", text: str = "What is the mean wind?") -> Question:
    return Question(
        question_id=name, table="t", source="program", text=text, answer_type="number", answer_spec=AnswerSpec(),
        answer=1.5, family="aggregate", category="aggregate", wording="aggregate/0", novelty="trained",
        difficulty="easy", hint=HINT,
    )  # fmt: skip


def every_kind() -> Case:
    """One question with every kind of trace."""
    return _case("q", question(), (GOLD, SLIP, MISLED, MENDED, LUCKY))


def above(limit: int) -> Case:
    """A question of many alike: rows above a limit are asked for, and the wrong trace takes those below."""
    right, wrong = (f"rows = df[df['wind'] {sign} {limit}]" for sign in "><")
    submit = "submit(rows['wind'].mean())"
    gold = trace("gold", *turns(right, submit))
    slip = trace("slip", *turns(wrong, submit), answer=9, mistake="wrong_end")
    mended = trace("mended", *turns(wrong, f"{right}\n{submit}", mends=1), mistake="wrong_end_mended")
    return _case(f"q{limit}", question(f"q{limit}", f"What is the mean wind above {limit}?"), (gold, slip, mended))


def _case(name: str, asked: Question, traces: tuple[Trace, ...]) -> Case:
    correct = {each.trace_id: each.answer == 1.5 for each in traces}
    labels = {each.trace_id: LABELS[each.trace_id] for each in traces}
    verdict = Verdict(name, "t", True, 1.5, (), {}, "verified", correct, step_labels=labels)
    return Case(Episode(f"e-{name}", name, "t", traces), verdict, asked, table_card(PROFILE))
