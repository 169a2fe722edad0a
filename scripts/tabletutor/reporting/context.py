"""From the report's inputs to what its templates show. Pure: labels, counts, selections and charts; no HTML here."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from tabletutor.records.episode import Trace
from tabletutor.records.identity import rng
from tabletutor.records.question import Question
from tabletutor.reporting.arms_context import arms_context
from tabletutor.reporting.charts import accuracy_chart, loss_chart, stacked_chart
from tabletutor.reporting.comparison import Comparison, PairedGroup
from tabletutor.reporting.dag import picture
from tabletutor.reporting.inputs import ReportInputs
from tabletutor.reporting.mistakes import kind_of, mistake_outcomes, outcome
from tabletutor.reporting.statistics import Interval, difference_is_shown
from tabletutor.sandbox.host.incident import ENDS, incident_causes

SPLITS = ("train", "validation", "test")
NOVELTY = {
    "trained": "trained families and wordings",
    "new_wording": "new wordings",
    "new_family": "families never trained",
}
DIFFICULTY = ("easy", "medium", "hard")
DIMENSIONS = ("novelty", "difficulty", "answer_type", "table", "category", "family")
FAILURES_A_KIND, FAILURES = 2, 8


def context(inputs: ReportInputs) -> dict[str, Any]:
    """All sections of the report by name."""
    tables = {entry.table: entry.split for entry in inputs.splits.tables}
    questions = {question.question_id: question for question in inputs.questions}
    return {
        "title": inputs.title,
        "project": inputs.project,
        "verdict": _verdict(inputs.comparison, inputs.settings["runs"]),
        "comparison": _comparison(inputs),
        "arms": arms_context(inputs.arms, NOVELTY) if inputs.arms else None,
        "dag": picture(_counts(inputs)),
        "tables": _tables(inputs, tables),
        "questions": _questions(inputs, tables),
        "rejects": _rejects(inputs),
        "example": _example(inputs, tables, questions),
        "verdicts": _verdicts(inputs, tables),
        "training": _training(inputs),
        "results": _results(inputs),
        "errors": _errors(inputs),
        "failures": _failures(inputs, questions),
        "incidents": _incidents(inputs),
        "settings": sorted(_flat(inputs.settings)),
        "versions": sorted(inputs.versions.items()),
        "artefacts": sorted(inputs.artefacts.items()),
    }


def _verdict(comparison: Comparison, runs: Mapping[str, Any]) -> dict[str, str]:
    """The headline, in a few words. It mentions tuning only where an untuned model is compared with a trained one."""
    baseline, candidate = runs[comparison.baseline], comparison.candidate
    untouched = not any(baseline.get(key) for key in ("training", "weights", "choose"))
    tuned = untouched and runs[candidate].get("training")
    better, worse = (
        ("Tuning helped.", "Tuning did harm.") if tuned else (f"{candidate} is better.", f"{candidate} is worse.")
    )
    overall = comparison.overall
    interval = Interval(overall.points_low, overall.points_high)
    shown = difference_is_shown(overall.p, interval, comparison.confidence)
    if shown and overall.points > 0:
        return {"kind": "better", "text": better}
    if shown and overall.points < 0:
        return {"kind": "worse", "text": worse}
    return {"kind": "open", "text": "No difference is shown."}


def _comparison(inputs: ReportInputs) -> dict[str, Any]:
    comparison = inputs.comparison
    rows = [("all questions", comparison.overall), *((NOVELTY[group.group], group) for group in comparison.groups)]
    return {
        "record": comparison,
        "rows": [{"label": label, "group": group, "intervals": _intervals(inputs, group)} for label, group in rows],
    }


def _intervals(inputs: ReportInputs, group: PairedGroup) -> dict[str, Any]:
    by, name = ("overall", "all") if group.group == "all" else ("novelty", group.group)
    return {row.run: row for row in inputs.summary if (row.group_by, row.group) == (by, name)}


def _counts(inputs: ReportInputs) -> dict[str, str]:
    comparison = inputs.comparison
    rows = sum(split.rows for entry in inputs.formats for split in entry.splits if split.split == "train")
    turns = sum(len(trace.turns) for episode in inputs.episodes for trace in episode.traces)
    verified = sum(verdict.verified for verdict in inputs.verdicts)
    runs = inputs.settings["runs"]
    trained = [name for name, run in runs.items() if run["training"]]
    models = sorted({run["model"] for run in runs.values()})
    return {
        "tables": f"{len(inputs.profiles):,}",
        "questions": f"{len(inputs.questions):,}",
        "episodes": f"{turns:,} turns",
        "verdicts": f"{verified:,} verified",
        "training rows": f"{rows:,}",
        "checkpoints": trained[0] if len(trained) == 1 else f"{len(trained)} runs",
        "models": models[0] if len(models) == 1 else f"{len(models)} models",
        "evaluation": f"{comparison.overall.n:,} questions",
        "report": "this page",
    }


def _tables(inputs: ReportInputs, splits: dict[str, str]) -> list[dict[str, Any]]:
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
    return sorted(rows, key=lambda row: (_rank(SPLITS, row["split"]), row["profile"].table))


def _questions(inputs: ReportInputs, splits: dict[str, str]) -> dict[str, Any]:
    families: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    novelty: defaultdict[str, Counter[str]] = defaultdict(Counter)
    wordings: defaultdict[str, set[str]] = defaultdict(set)
    for question in inputs.questions:
        split = splits.get(question.table, "none")
        families[question.category, question.family][split] += 1
        novelty[question.novelty][split] += 1
        wordings[question.family].add(question.wording)
    bars = [
        {"group": family, "series": split, "count": counts[split], "rank": _rank(SPLITS, split)}
        for (_, family), counts in families.items()
        for split in SPLITS
        if counts[split]
    ]
    return {
        "families": [
            {"category": category, "family": family, "counts": counts, "wordings": len(wordings[family])}
            for (category, family), counts in sorted(families.items())
        ],
        "novelty": [(label, novelty[name]) for name, label in NOVELTY.items()],
        "splits": SPLITS,
        "wordings": sum(map(len, wordings.values())),
        "chart": stacked_chart("families", bars, [family for _, family in sorted(families)], SPLITS) if bars else None,
    }


def _rejects(inputs: ReportInputs) -> dict[str, Any]:
    reasons = Counter(reject.reason for reject in inputs.rejects)
    examples = {}
    for reject in sorted(inputs.rejects, key=lambda reject: (reject.reason, reject.table, reject.text)):
        examples.setdefault(reject.reason, reject)
    order = sorted(reasons, key=lambda reason: (-reasons[reason], reason))
    return {"rows": [(reason, reasons[reason], examples[reason]) for reason in order], "total": len(inputs.rejects)}


def _example(inputs: ReportInputs, splits: dict[str, str], questions: dict[str, Question]) -> dict[str, Any] | None:
    """A verified training question of several turns, and the same question answered with a mistake."""
    verdicts = {verdict.question_id: verdict for verdict in inputs.verdicts}
    found = []
    for episode in inputs.episodes:
        verdict, question = verdicts.get(episode.question_id), questions.get(episode.question_id)
        gold = next((trace for trace in episode.traces if trace.role == "gold"), None)
        if verdict is None or question is None or gold is None or not verdict.verified:
            continue
        mistaken = next((trace for trace in episode.traces if trace.mistake), None)
        liking = (splits.get(episode.table) == "train", mistaken is not None, min(len(gold.turns), 3))
        found.append((liking, question.question_id, question, gold, mistaken, verdict))
    if not found:
        return None
    _, _, question, gold, mistaken, verdict = max(found, key=lambda entry: (entry[0], entry[1]))
    shown = {"question": question, "gold": gold, "verdict": verdict, "mistaken": mistaken}
    if mistaken is not None:
        shown |= {"mistake": kind_of(mistaken.mistake or ""), "outcome": outcome(mistaken, verdict)}
    return shown


def _verdicts(inputs: ReportInputs, splits: dict[str, str]) -> dict[str, Any]:
    taxonomy: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for verdict in inputs.verdicts:
        taxonomy[verdict.taxonomy][splits.get(verdict.table, "none")] += 1
    order = sorted(taxonomy, key=lambda name: (name != "verified", name))
    return {
        "taxonomy": [(name, taxonomy[name]) for name in order],
        "mistakes": mistake_outcomes(inputs.episodes, inputs.verdicts),
        "splits": SPLITS,
    }


def _training(inputs: ReportInputs) -> dict[str, Any]:
    losses = [{"step": point.step, "split": point.split, "loss": point.loss} for point in inputs.losses]
    last = {point.split: point for point in sorted(inputs.losses, key=lambda point: point.step)}
    return {
        "chart": loss_chart("loss", losses) if losses else None,
        "steps": max((point.step for point in inputs.losses), default=0),
        "last": sorted(last.items()),
        "formats": inputs.formats,
    }


def _results(inputs: ReportInputs) -> list[dict[str, Any]]:
    """For each dimension its chart and its rows, baseline beside candidate."""
    runs = (inputs.comparison.baseline, inputs.comparison.candidate)
    sections = []
    for dimension in DIMENSIONS:
        rows = {(row.group, row.run): row for row in inputs.summary if row.group_by == dimension and row.run in runs}
        groups = sorted(
            {group for group, _ in rows}, key=lambda group: _order(dimension, group, rows.get((group, runs[1])))
        )
        labels = {group: NOVELTY.get(group, group) if dimension == "novelty" else group for group in groups}
        points = [
            {
                "group": labels[group],
                "run": run,
                "accuracy": 100 * row.accuracy,
                "low": 100 * row.wilson_low,
                "high": 100 * row.wilson_high,
            }
            for (group, run), row in sorted(rows.items())
        ]
        if points:
            sections.append(
                {
                    "dimension": dimension,
                    "chart": accuracy_chart(dimension, points, [labels[group] for group in groups], runs),
                    "rows": [(labels[group], [rows.get((group, run)) for run in runs]) for group in groups],
                }
            )
    return sections


def _order(dimension: str, group: str, candidate: Any) -> tuple[float, str]:
    known = {"novelty": tuple(NOVELTY), "difficulty": DIFFICULTY}.get(dimension)
    if known is not None:
        return (_rank(known, group), group)
    return (-candidate.accuracy if candidate is not None and dimension == "family" else 0.0, group)


def _errors(inputs: ReportInputs) -> dict[str, Any]:
    runs = (inputs.comparison.baseline, inputs.comparison.candidate)
    counts = {run: Counter(inputs.error_kinds.get(run, {}).values()) for run in runs}
    kinds = sorted(
        {kind for count in counts.values() for kind in count}, key=lambda kind: (-counts[runs[1]][kind], kind)
    )
    return {"runs": runs, "rows": [(kind, [counts[run][kind] for run in runs]) for kind in kinds]}


def _failures(inputs: ReportInputs, questions: dict[str, Question]) -> list[dict[str, Any]]:
    """Wrong answers of the candidate, a few of each kind, drawn by content and not picked by hand."""
    kinds = inputs.error_kinds.get(inputs.comparison.candidate, {})
    traces: dict[str, Trace] = {row.question_id: row.trace for row in inputs.predictions if row.sample == 0}
    by_kind: defaultdict[str, list[str]] = defaultdict(list)
    for question_id in sorted(kinds.keys() & traces.keys() & questions.keys()):
        by_kind[kinds[question_id]].append(question_id)
    chosen: list[tuple[str, str]] = []
    for kind, members in sorted(by_kind.items(), key=lambda entry: (-len(entry[1]), entry[0])):
        drawn = rng(0, "failures", kind).sample(members, min(FAILURES_A_KIND, len(members)))
        chosen += [(kind, question_id) for question_id in drawn]
    return [
        {"kind": kind, "question": questions[question_id], "trace": traces[question_id]}
        for kind, question_id in chosen[:FAILURES]
    ]


def _incidents(inputs: ReportInputs) -> dict[str, Any]:
    """How many cells the sandbox had to interrupt, and how many ended their session, by who wrote them."""
    candidates = Counter(reject.incident for reject in inputs.rejects)
    episodes = Counter(kind for row in inputs.episodes for trace in row.traces for kind in incident_causes(trace))
    predictions = Counter(kind for row in inputs.predictions for kind in incident_causes(row.trace))
    rows = (
        ("candidates of questions", candidates),
        ("episodes", episodes),
        (f"predictions of {inputs.comparison.candidate}", predictions),
    )
    return {"rows": [(name, [counts[kind] for kind in ("interrupted", *ENDS)]) for name, counts in rows]}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested settings as dotted names and values."""
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(cast("Mapping[str, Any]", value), f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _rank(order: Iterable[str], name: str) -> int:
    known: Sequence[str] = tuple(order)
    return known.index(name) if name in known else len(known)
