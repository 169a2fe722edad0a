"""Build the report's sections on data: tables, questions, rejected candidates, an example episode, verdicts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tabletutor.records.question import CLAUSE, Question
from tabletutor.reporting.charts import stacked_chart
from tabletutor.reporting.inputs import ReportInputs
from tabletutor.reporting.mistakes import mistake_kind, mistake_outcomes, outcome

SPLITS = ("train", "validation", "test")
NOVELTY = {
    "trained": "trained compositions and wordings",
    "new_wording": "new wordings",
    "new_composition": "compositions never trained",
    "other_source": "other sources",
}


def tables_section(inputs: ReportInputs, splits: dict[str, str]) -> list[dict[str, Any]]:
    """Return one row per table, ordered by split and name. `splits`: split by table, here and below."""
    asked = Counter(question.table for question in inputs.questions)
    rows = [
        {
            "profile": profile,
            "split": splits.get(profile.table, "none"),
            "questions": asked[profile.table],
            "entry": inputs.entries.get(profile.table),
        }
        for profile in inputs.profiles
    ]
    return sorted(rows, key=lambda row: (rank(SPLITS, row["split"]), row["profile"].table))


def questions_section(inputs: ReportInputs, splits: dict[str, str]) -> dict[str, Any]:
    """Return the number of questions by family, by novelty and by split, and a chart."""
    families: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    novelty: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wordings: defaultdict[str, set[str]] = defaultdict(set)
    for question in inputs.questions:
        split = splits.get(question.table, "none")
        families[question.category, question.family][split] += 1
        novelty[question.novelty][split] += 1
        wordings[question.family].add(question.wording)
    bars = [
        {"group": family, "series": split, "count": counts[split], "rank": rank(SPLITS, split)}
        for (_, family), counts in families.items()
        for split in SPLITS
        if counts[split]
    ]
    return {
        "families": [
            {"category": category, "family": family, "counts": counts, "wordings": len(wordings[family])}
            for (category, family), counts in sorted(families.items())
        ],
        "novelty": [(NOVELTY[name], novelty[name]) for name in NOVELTY if novelty[name] or name != "other_source"],
        "splits": SPLITS,
        "wordings": sum(map(len, wordings.values())),
        "chart": stacked_chart("families", bars, [family for _, family in sorted(families)], SPLITS) if bars else None,
    }


def rejects_section(inputs: ReportInputs) -> dict[str, Any]:
    """Return the number of rejected candidates by reason, with an example of each."""
    reasons = Counter(reject.reason for reject in inputs.rejects)
    examples = {}
    for reject in sorted(inputs.rejects, key=lambda reject: (reject.reason, reject.table, reject.text)):
        examples.setdefault(reject.reason, reject)
    order = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    return {"rows": [(reason, reasons[reason], examples[reason]) for reason in order], "total": len(inputs.rejects)}


def readings_section(inputs: ReportInputs) -> dict[str, Any]:
    """Return, for each other reading that gave another answer, how many questions have a clause against it and how many
    candidates were rejected; and the numbers of questions and candidates in all.
    """
    clauses = [
        {tag.removeprefix(CLAUSE) for tag in question.tags if tag.startswith(CLAUSE)} for question in inputs.questions
    ]
    ambiguous = [reject.readings for reject in inputs.rejects if reject.reason == "ambiguous"]
    added, rejected = (Counter(name for names in each for name in names) for each in (clauses, ambiguous))
    order = sorted(added | rejected, key=lambda name: (-added[name], -rejected[name], name))
    return {
        "rows": [(name, added[name], rejected[name]) for name in order],
        "added": sum(map(bool, clauses)),
        "rejected": len(ambiguous),
    }


def example_section(
    inputs: ReportInputs, splits: dict[str, str], questions: dict[str, Question]
) -> dict[str, Any] | None:
    """Return an example episode: the correct trace of a verified question, and a trace with a mistake if there is one.

    Prefers training questions, questions with a mistake, and traces of at least three turns. None without a verified
    question.
    """
    verdicts = {verdict.question_id: verdict for verdict in inputs.verdicts}
    candidates = []
    for episode in inputs.episodes:
        verdict, question = verdicts.get(episode.question_id), questions.get(episode.question_id)
        gold = next((trace for trace in episode.traces if trace.role == "gold"), None)
        if verdict is None or question is None or gold is None or not verdict.verified:
            continue
        mistaken = next((trace for trace in episode.traces if trace.mistake), None)
        preference = (splits.get(episode.table) == "train", mistaken is not None, min(len(gold.turns), 3))
        candidates.append((preference, question.question_id, question, gold, mistaken, verdict))
    if not candidates:
        return None
    _, _, question, gold, mistaken, verdict = max(candidates, key=lambda entry: (entry[0], entry[1]))
    example = {"question": question, "gold": gold, "verdict": verdict, "mistaken": mistaken}
    if mistaken is not None:
        example |= {"mistake": mistake_kind(mistaken.mistake or ""), "outcome": outcome(mistaken, verdict)}
    return example


def verdicts_section(inputs: ReportInputs, splits: dict[str, str]) -> dict[str, Any]:
    """Return the number of questions by verdict and split, and the outcomes of traces with a mistake."""
    taxonomy: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for verdict in inputs.verdicts:
        taxonomy[verdict.taxonomy][splits.get(verdict.table, "none")] += 1
    order = sorted(taxonomy, key=lambda name: (name != "verified", name))
    return {
        "taxonomy": [(name, taxonomy[name]) for name in order],
        "mistakes": mistake_outcomes(inputs.episodes, inputs.verdicts),
        "splits": SPLITS,
    }


def rank(order: Iterable[str], name: str) -> int:
    """Return the position of `name` in `order`; unknown names come last."""
    known: Sequence[str] = tuple(order)
    return known.index(name) if name in known else len(known)
