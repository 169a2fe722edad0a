"""Edits of the built smoke project rerun exactly the jobs that `docs/identity.md` lists."""

import ast
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tabletutor.questions.registry import all_families
from tabletutor.records.question import Question
from tabletutor.records.record import read_records
from tests.support.checkout import CONFIG, RESULTS, SNAKEMAKE, TABLES, Checkout, copy_checkout, jobs
from tests.support.warm_snakemake import Warm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NONE: set[str] = set()
REPORT = {"report", "all"}
METRICS = {"summary", "comparison", "arms", *REPORT}
GRADED = {"base test", "base_1shot validation", "base_lenient test", "tuned test"}
EVALUATED = {*(f"scores {run}" for run in GRADED), "validation", *METRICS}
PREDICTED = {*(f"predictions {run}" for run in GRADED - {"base_lenient test"}), "lenient base_lenient test", *EVALUATED}
# The tiny model's tokenizer is trained on the training rows, so both of its runs are evaluated again.
FORMATTED = {"format sft-standard", "audit sft-standard"}
TRAINED = {*FORMATTED, "model tiny", "mask tuned", "checkpoint tuned", *PREDICTED}
JUDGED = {"worked_examples 1", *TRAINED}
ALL_TABLES = {"splits", "leaks", *JUDGED}
ONE_RUN = {"checkpoint tuned", "predictions tuned test", "scores tuned test", *METRICS}
SMOKE = "config/smoke.yaml"
LIBRARY = "scripts/tabletutor"


def of_each_table(*rules: str) -> set[str]:
    return {f"{rule} {table}" for rule in rules for table in TABLES}


def chain_of(table: str) -> set[str]:
    return {f"{rule} {table}" for rule in ("table", "questions", "episodes", "replays", "verdicts")}


def replace(path: str, old: str, new: str) -> Callable[[Checkout], None]:
    """Return an edit that replaces the first `old` in a file with `new` and keeps the modification time."""

    def edit(checkout: Checkout) -> None:
        file = checkout.root / path
        before = file.stat()
        content = file.read_bytes()
        assert old.encode() in content, f"{path} has no {old!r}"
        file.write_bytes(content.replace(old.encode(), new.encode(), 1))
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    return edit


def append(path: str, text: str) -> Callable[[Checkout], None]:
    """Return an edit that appends `text` to a file."""

    def edit(checkout: Checkout) -> None:
        with (checkout.root / path).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return edit


def create(path: str, text: str) -> Callable[[Checkout], None]:
    """Return an edit that creates a file."""

    def edit(checkout: Checkout) -> None:
        (checkout.root / path).write_text(text, encoding="utf-8")

    return edit


def combine(*edits: Callable[[Checkout], None]) -> Callable[[Checkout], None]:
    """Return several edits combined, none of which may rebuild anything."""

    def edit(checkout: Checkout) -> None:
        for each in edits:
            each(checkout)

    return edit


def touch_everything(checkout: Checkout) -> None:
    for path in checkout.root.rglob("*"):
        if path.is_file() and RESULTS not in path.parts and ".snakemake" not in path.parts:
            path.touch()


def reformat_everything(checkout: Checkout) -> None:
    """Unparse every source file, with another comment, and add a comment to every rules file."""
    for path in (checkout.root / "scripts").rglob("*.py"):
        tree = ast.parse(path.read_bytes())
        path.write_text(f"# another comment\n{ast.unparse(tree)}\n", encoding="utf-8")
    for path in (checkout.root / "rules").glob("*.smk"):
        with path.open("a", encoding="utf-8") as stream:
            stream.write("\n# another comment\n")


UNRELATED = "\n\ndef unrelated(value: int) -> int:\n    return value + 1\n"
NEW_TABLE = "prison_custody_by_state\tresources/tables/prison_custody_by_state.csv\ttrain\tpublic\tPrisons\n"
EDITS: dict[str, tuple[Callable[[Checkout], None], set[str]]] = {
    "every file touched": (touch_everything, NONE),
    "every source in another form, every comment another": (reformat_everything, NONE),
    "all that says only how, and code that nothing reaches": (
        combine(
            append(f"{LIBRARY}/records/files.py", UNRELATED),
            append(f"{LIBRARY}/formats/converters/dpo.py", "\n_submits = print\n"),
            create(f"{LIBRARY}/formats/converters/more.py", "FORMAT = None\n"),
            append(f"{LIBRARY}/training/methods/dpo.py", "\ntrain = train\n"),
            replace(SMOKE, "sessions: 2", "sessions: 3\n  required_layers: []\n  max_containers: 3"),
            replace(SMOKE, "save_steps: 6\n      threads: 1", "save_steps: 5\n      threads: 2"),
            replace(SMOKE, "{train: 8, validation: 6, test: 8}", "{test: 8, train: 8, validation: 6}"),
            replace("envs/requirements.lock", "mlflow==", "mlflow==9."),
        ),
        NONE,
    ),
    "a file of question families": (
        append(f"{LIBRARY}/questions/families/relate.py", "\nFAMILIES = FAMILIES\n"),
        of_each_table("questions", "episodes", "replays", "verdicts") | JUDGED,
    ),
    "the logic of a converter": (
        replace(f"{LIBRARY}/formats/converters/sft_standard.py", "(case, config, seed):", "(*(case, config, seed)):"),
        TRAINED,
    ),
    "a training method": (append(f"{LIBRARY}/training/methods/sft.py", "\ntrain = train\n"), ONE_RUN),
    "a helper of some converters": (append(f"{LIBRARY}/formats/turns.py", "\nrng = rng\n"), TRAINED),
    "how steps are labelled": (
        replace(f"{LIBRARY}/verdicts/steps.py", "(deviates and not right)", "(not right and deviates)"),
        of_each_table("verdicts") | JUDGED,
    ),
    "how traces are replayed": (
        replace(f"{LIBRARY}/verdicts/replay.py", "ended: CellEnd", "ended : CellEnd = 'open'; ended: CellEnd"),
        of_each_table("replays", "verdicts") | JUDGED,
    ),
    "the tolerance of answers": (
        append(SMOKE, "\nverdicts: {relative_tolerance: 1.0e-5}\n"),
        of_each_table("verdicts") | JUDGED,
    ),
    "a template of the report": (replace(f"{LIBRARY}/reporting/templates/data.html.j2", "<", " <"), REPORT),
    "the style of the report": (append(f"{LIBRARY}/reporting/templates/style.css", "\np { margin: 0 }\n"), REPORT),
    "the title of the report": (replace(SMOKE, "title: tabletutor smoke report", "title: another title"), REPORT),
    "the learning rate of one run": (
        replace(SMOKE, "      max_steps: 12", "      learning_rate: 5.0e-4\n      max_steps: 12"),
        ONE_RUN,
    ),
    "one cell of one table": (
        replace(f"resources/tables/{TABLES[0]}.csv", "1952", "1953"),
        chain_of(TABLES[0]) | ALL_TABLES,
    ),
    "one more table": (append(CONFIG["table_list"], NEW_TABLE), chain_of("prison_custody_by_state") | ALL_TABLES),
    "a helper of questions and episodes": (
        append(f"{LIBRARY}/programs/pandas_source/derivations.py", "\nTEXT_PARTS = {**TEXT_PARTS}\n"),
        of_each_table("questions", "episodes", "replays", "verdicts") | JUDGED,
    ),
    "a helper of summary, validation, comparison and arms": (
        replace(f"{LIBRARY}/reporting/statistics.py", "    low: float\n", "    low: float = 0.0\n"),
        {"validation", *METRICS},
    ),
    "the version of a library of the report": (replace("envs/requirements.lock", "altair==", "altair==9."), REPORT),
    "the version of a library of all figures": (
        replace("envs/requirements.lock", "statsmodels==", "statsmodels==9."),
        {"validation", *METRICS},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_builds_what_depends_on_it_and_nothing_else(clone: Checkout, warm: Warm, name: str) -> None:
    """In a clone of the built checkout at another path."""
    edit, expected = EDITS[name]
    edit(clone)
    assert clone.planned(warm) == expected


def test_another_locale_time_zone_and_hash_seed_build_nothing(clone: Checkout) -> None:
    environment = {"LC_ALL": "tr_TR.UTF-8", "LANG": "C", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "3", "HOME": "/"}
    assert jobs(clone.run("--dry-run", **environment).stdout) == NONE


def test_another_user_builds_nothing(clone: Checkout, ordinary_user: list[str]) -> None:
    for path in (clone.root, *clone.root.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    done = clone.run("--dry-run", command=[*ordinary_user, SNAKEMAKE], HOME="/tmp", LOGNAME="somebody")
    assert jobs(done.stdout) == NONE


def test_of_a_tables_questions_only_a_changed_one_is_worked_on_again(clone: Checkout) -> None:
    asked = {
        table: read_records(clone.root / f"{RESULTS}/questions/program/{table}.jsonl", Question) for table in TABLES
    }
    used = Counter(question.wording for questions in asked.values() for question in questions)
    sources = {path: path.read_text() for path in (clone.root / LIBRARY / "questions" / "families").glob("*.py")}
    wordings = {f"{family.name}/{n}": text for family in all_families() for n, text in enumerate(family.wordings)}
    table, wording, source = next(
        (question.table, wordings[question.wording], path)
        for questions in asked.values()
        for question in questions
        for path, text in sources.items()
        if used[question.wording] == 1 and text.count(json.dumps(wordings[question.wording], ensure_ascii=False)) == 1
    )
    source.write_text(sources[source].replace(wording, f"Tell me: {wording}"))
    clone.run(f"{RESULTS}/episodes/program/{table}.jsonl")
    log = (clone.root / "logs" / CONFIG["project"] / "episodes" / f"{table}.log").read_text()
    assert f"{table}: 1 episodes run, {len(asked[table]) - 1} from the journal" in log


def test_checkouts_share_finished_work_but_never_that_of_other_code(built: Checkout, tmp_path: Path) -> None:
    table = TABLES[0]
    cache = tmp_path / "cache"
    shutil.copytree(built.root / ".tabletutor" / "cache", cache)
    target = f"{RESULTS}/episodes/program/{table}.jsonl"
    log = Path("logs", CONFIG["project"], "episodes", f"{table}.log")

    def episodes(checkout: Checkout) -> tuple[int, int]:
        checkout.run(target, TABLETUTOR_CACHE=str(cache))
        counts = re.search(r"(\d+) episodes run, (\d+) from the journal", (checkout.root / log).read_text())
        assert counts is not None
        return int(counts[1]), int(counts[2])

    other = copy_checkout(tmp_path / "other", built.root)
    count = len((built.root / target).read_bytes().splitlines())
    assert episodes(other) == (0, count)
    assert (other.root / target).read_bytes() == (built.root / target).read_bytes()
    assert not (other.root / ".tabletutor" / "cache").exists()
    append(f"{LIBRARY}/episodes/script.py", "\nexecute = execute\n")(other)
    assert episodes(other) == (count, 0)


def test_the_state_of_a_run_is_never_that_of_another_method(clone: Checkout) -> None:
    """If a killed run's method is edited, training restarts, because the state is stored under the code's digest."""
    kept = clone.root / ".tabletutor" / "cache" / "training"
    before = set(kept.iterdir())
    assert before
    append(f"{LIBRARY}/training/methods/sft.py", "\ntrain = train\n")(clone)
    clone.run(f"{RESULTS}/checkpoints/tuned/SHA256SUMS")
    assert len(set(kept.iterdir()) - before) == 1
