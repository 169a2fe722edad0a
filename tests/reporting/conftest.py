"""A small project of synthetic records: 5 tables, 76 questions, base and tuned runs with two seeds each."""

from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from msgspec import UNSET

from tabletutor.config.reporting import ReportingConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.evaluation.ledger import enter_look
from tabletutor.evaluation.score import score_file
from tabletutor.records.episode import Episode, Hook, Prediction, Trace, Turn, Verdict, Vote
from tabletutor.records.files import write_atomic
from tabletutor.records.identity import content_id, digest, rng
from tabletutor.records.question import AnswerSpec, Question, Reject
from tabletutor.records.record import write_record, write_records
from tabletutor.records.table import ColumnProfile, Source, Splits, TableProfile, TableSplit
from tabletutor.reporting.arms import write_arms
from tabletutor.reporting.comparison import write_comparison
from tabletutor.reporting.inputs import ReportFiles
from tabletutor.reporting.summary import RunFiles, write_summary

ARMS = {"base": ("base", "base-1"), "tuned": ("tuned", "tuned-1")}
SETTINGS = {
    "runs": {
        "base": {"model": "tiny", "training": None},
        "base-1": {"model": "tiny", "shots": 2, "sampling": {"samples": 3}, "training": None},
        "tuned": {"model": "tiny", "seed": 3, "training": {"method": "sft"}},
        "tuned-1": {"model": "tiny", "lenient_of": "tuned", "training": None},
    }
}
CONFIG = ReportingConfig(arms=ARMS, bootstrap=500, permutations=999)
SPLITS = {"seattle_weather": "train", "penguins": "validation", "planes": "test", "housing": "test", "income": "test"}
FAMILIES = [
    ("mean", "aggregate"),
    ("filter_count", "filter"),
    ("group_max", "group"),
    ("rank_top", "rank"),
    ("share", "share"),
]
CHANCES = {"base": 0.06, "tuned": 0.82, "base-1": 0.1, "tuned-1": 0.78}
FAULTS = ("wrong_answer", "wrong_type", "unanswered", "cell_error", "no_code", "time")


class Project:
    """Write the files of a project into a results folder. `headers` and `text` may be hostile."""

    settings: ClassVar[dict[str, Any]] = SETTINGS

    def __init__(self, root: Path, headers: tuple[str, ...] = ("date", "wind", "temp_max"), text: str = "") -> None:
        self.root, self.headers, self.text = root, headers, text
        questions = [
            self._question(table, number)
            for table, split in SPLITS.items()
            for number in range(20 if split == "test" else 8)
        ]
        for table, split in SPLITS.items():
            own = [question for question in questions if question.table == table]
            self._table(table, own, split)
        self._splits()
        for run, chance in CHANCES.items():
            self._run(run, chance, [question for question in questions if SPLITS[question.table] == "test"])
        self._run("tuned", 0.5, [question for question in questions if question.table == "penguins"], "validation")
        runs = {
            run: RunFiles(root / f"scores/{run}/test.jsonl", root / f"predictions/{run}/test.jsonl") for run in CHANCES
        }
        write_summary(runs, "test", 0.95, root / "metrics/summary.csv")
        validation = RunFiles(root / "scores/tuned/validation.jsonl", root / "predictions/tuned/validation.jsonl")
        write_summary({"tuned": validation}, "validation", 0.95, root / "metrics/validation.csv")
        write_comparison(
            CONFIG,
            0,
            baseline=runs["base"].scores,
            candidate=runs["tuned"].scores,
            output=root / "metrics/comparison.json",
        )
        write_arms([files.scores for files in runs.values()], CONFIG, 0, root / "metrics/arms.json")
        self._training()

    def files(self) -> ReportFiles:
        def each(pattern: str) -> list[Path]:
            return [self.root / pattern.format(table=table) for table in SPLITS]

        return ReportFiles(
            profiles=each("tables/{table}/profile.json"),
            splits=self.root / "splits.json",
            questions=each("questions/program/{table}.jsonl"),
            rejects=each("questions/program/{table}.rejects.jsonl"),
            episodes=each("episodes/program/{table}.jsonl"),
            verdicts=each("verdicts/program/{table}.jsonl"),
            formats=[self.root / "formats/sft-standard/stats.json"],
            losses=[self.root / "checkpoints/tuned/metrics.ndjson"],
            scores=[self.root / f"scores/{run}/test.jsonl" for run in CHANCES],
            predictions=self.root / "predictions/tuned/test.jsonl",
            summary=self.root / "metrics/summary.csv",
            comparison=self.root / "metrics/comparison.json",
            arms=[self.root / "metrics/arms.json"],
            validation=[self.root / "metrics/validation.csv"],
            ledger=[self.root / f"ledger/{run}/test.jsonl" for run in CHANCES],
        )

    def _question(self, table: str, number: int) -> Question:
        family, category = FAMILIES[number % len(FAMILIES)]
        header = self.headers[number % len(self.headers)]
        novelty = "trained" if SPLITS[table] != "test" else ("trained", "new_wording", "new_composition")[number % 3]
        return Question(
            question_id=content_id(table, number),
            table=table,
            source="program",
            text=f"What is the {family} of {header} where it is above {number}? {self.text}".strip(),
            answer_type="category" if family == "group_max" else "number",
            answer_spec=AnswerSpec(decimals=2),
            answer=f"Seattle {self.text}" if family == "group_max" else 12.5 + number,
            family=family,
            category=category,
            wording=f"{family}-{number % 4}",
            novelty=novelty,  # pyright: ignore[reportArgumentType]
            difficulty=("easy", "medium", "hard")[number % 3],
            engines=dict.fromkeys(("pandas", "duckdb", "polars"), 12.5 + number),
        )

    def _trace(
        self,
        question: Question,
        role: Any,
        fault: str | None = None,
        mistake: str | None = None,
        last: tuple[int, str] | None = None,
    ) -> Trace:
        """Return a correct trace, or one with a fault. `last`: the last turn corrects this turn and shows this text."""
        header = question.text.split(" of ")[-1][:30]
        answers = {None: question.answer, "wrong_answer": 999.0, "wrong_type": {"value": [999.0]}}
        submits = fault in answers
        coded = fault != "no_code"
        turns = (
            Turn(
                0,
                f"I look at the column first. {self.text}",
                "print(df.head(3))" if coded else "",
                f"        date  wind\n0 2012-01-01   4.7\n{self.text}" if coded else "",
            ),
            Turn(
                1,
                f"Now the rows that count, in {header!r}.",
                f"rows = df[df[{header!r}] > 3]\nhook('rows', len(rows))" if coded else "",
                "",
                hooks=(Hook("rows", 41, digest(41)), Hook("label", self.text or "x", digest("x"))) if coded else (),
                error=f"KeyError: 'wnd'\n{self.text}" if fault and coded else None,
                interrupted=True if fault == "time" else UNSET,
            ),
            Turn(
                2,
                "This is the answer.",
                f"submit({answers.get(fault)!r})" if coded and fault != "unanswered" else "",
                "",
                hooks=(Hook("label", last[1], digest(last[1])),) if last else (),
                error="NameError: 'rows'" if fault == "cell_error" else None,
                corrects_turn=last[0] if last else None,
            ),
        )
        name = content_id(question.question_id, role, mistake, fault)
        ended: Any = "submit" if submits else "time" if fault == "time" else "turn_limit"
        turns = turns[:2] if fault == "time" else turns
        return Trace(name, role, "program", turns, ended, answers[fault] if submits else None, mistake)

    def _table(self, table: str, questions: list[Question], split: str) -> None:
        columns = [
            ColumnProfile(header, "number", 3 * index, 40 + index, 0.0, 9.5)
            for index, header in enumerate(self.headers)
        ]
        source = Source(f"resources/tables/{table}.csv", 47_838, "utf-8", {"delimiter": ","})
        warnings = (f"column 2: {self.text or 'a currency sign was read away'}",)
        profile = TableProfile(table, digest(table), source, 1461, tuple(columns), (), warnings)
        write_record(self.root / f"tables/{table}/profile.json", profile)
        write_records(self.root / f"questions/program/{table}.jsonl", questions)
        reasons = ("engines_disagree", "tie", "trivial", "tie")
        rejects = [
            Reject(table, "mean", f"What is {self.headers[0]}? {self.text}", reason, self.text) for reason in reasons
        ]  # pyright: ignore[reportArgumentType]
        # The first only claims it in its words; the second was interrupted.
        rejects[1] = msgspec.structs.replace(rejects[1], detail="pandas: memory: TimeLimit: it was interrupted")
        rejects[2] = msgspec.structs.replace(rejects[2], incident="interrupted")
        write_records(self.root / f"questions/program/{table}.rejects.jsonl", rejects)
        episodes: list[Episode] = []
        verdicts: list[Verdict] = []
        for number, question in enumerate(questions):
            gold = self._trace(question, "gold")
            mistaken = self._trace(
                question,
                "perturbed",
                None if number % 2 == 0 else "wrong_answer",
                mistake=("wrong_column_mended", "wrong_aggregate", "wrong_column", "wrong_aggregate")[number % 4],
                last=(1, "x" if number % 8 == 0 else "y") if number % 4 == 0 else None,
            )
            taxonomy = "ambiguous" if number == 3 else "verified"
            episodes.append(
                Episode(content_id("e", question.question_id), question.question_id, table, (gold, mistaken))
            )
            verdicts.append(
                Verdict(
                    question.question_id,
                    table,
                    taxonomy == "verified",
                    question.answer,
                    (Vote(gold.trace_id, 0),),
                    question.engines,
                    taxonomy,
                    {gold.trace_id: True, mistaken.trace_id: number % 2 == 0},
                )
            )
        write_records(self.root / f"episodes/program/{table}.jsonl", episodes)
        write_records(self.root / f"verdicts/program/{table}.jsonl", verdicts)

    def _splits(self) -> None:
        rows = (TableSplit(table, table, split, True) for table, split in sorted(SPLITS.items()))  # pyright: ignore[reportArgumentType]
        write_record(self.root / "splits.json", Splits(tuple(rows)))

    def _run(self, run: str, chance: float, questions: list[Question], split: str = "test") -> None:
        predictions: list[Prediction] = []
        for question in questions:
            source = rng(1, run, question.question_id)
            right = source.random() < chance - 0.01 * len(question.table) - (
                0.35 if question.novelty == "new_composition" and run == "tuned" else 0
            )
            trace = self._trace(question, "student", None if right else source.choice(FAULTS))
            tokens = source.randint(40, 200)
            predictions.append(Prediction(question.question_id, question.table, run, 0, trace, tokens))
        file = self.root / f"predictions/{run}/{split}.jsonl"
        write_records(file, predictions)
        tables = sorted({question.table for question in questions})
        asked = [self.root / f"questions/program/{table}.jsonl" for table in tables]
        score_file(
            VerdictsConfig(), predictions=file, questions=asked, output=self.root / f"scores/{run}/{split}.jsonl"
        )
        enter_look(run, predictions=file, questions=asked, ledger=self.root / f"ledger/{run}/{split}.jsonl")

    def _training(self) -> None:
        lines = [
            {
                "step": step,
                "split": split,
                "loss": round(1.9 * 0.97**step + 0.2 + 0.03 * rng(2, step, split).random(), 4),
                "learning_rate": 1e-3,
            }
            for step in range(1, 81)
            for split in (("train", "validation") if step % 10 == 0 else ("train",))
        ]
        write_atomic(
            self.root / "checkpoints/tuned/metrics.ndjson",
            b"".join(msgspec.json.encode(line) + b"\n" for line in lines),
        )
        stats = {
            "format": "sft-standard",
            "splits": [
                {"split": "train", "rows": 8, "dropped": {"too_long": 2}},
                {"split": "validation", "rows": 7, "dropped": {}},
            ],
        }
        write_atomic(self.root / "formats/sft-standard/stats.json", msgspec.json.encode(stats))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project") / "results")


@pytest.fixture(scope="session")
def make_project() -> type[Project]:
    return Project
