"""The predictions of one run: every test question answered, resumable, sorted by question.

Questions are taken in fixed groups of at most `batch_size`, by table, sorted by id. A group that was cut off is worked
through again as a whole and gives the same bytes: what it costs to kill a job is one group.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import torch
from loguru import logger

from tabletutor.config.evaluation import EvaluationConfig, SamplingConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.models.generate import DecodeLimits, Decoder
from tabletutor.models.load import Model, load_student, load_tokenizer, make_repeatable, model_files
from tabletutor.models.mkldnn_linear import use_packed_linears
from tabletutor.models.prompt import opening, table_card
from tabletutor.records.episode import Prediction
from tabletutor.records.files import sha256_file, write_atomic
from tabletutor.records.identity import digest
from tabletutor.records.journal import Journal, Work
from tabletutor.records.question import Question
from tabletutor.records.record import decode, encode, read_record, read_records, write_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Student, Task, roll_out
from tabletutor.telemetry.progress import progress_of


class PredictionSpec(NamedTuple):
    """Who is asked: the name of the run, the folders of its model and of its checkpoint (None: the model as it is), its
    seed, whether its turns are decoded to their end, and how answers are drawn (None: the likeliest, once).
    """

    run: str
    model: Path
    trained: Path | None
    seed: int
    whole_turns: bool
    sampling: SamplingConfig | None = None


TableFiles = tuple[Path, ...]  # questions, profile, Parquet


def groups(questions: Iterable[Question], batch_size: int) -> list[list[Question]]:
    """The fixed groups questions are worked through in: those of one table, so that another table changes none."""
    order = sorted(questions, key=lambda question: (question.table, question.question_id))
    found: list[list[Question]] = []
    for _, of_table in groupby(order, key=lambda question: question.table):
        together = list(of_table)
        found += [together[start : start + batch_size] for start in range(0, len(together), batch_size)]
    return found


def predict(
    asked: PredictionSpec,
    files: Mapping[str, TableFiles],
    config: EvaluationConfig,
    sandbox: SandboxConfig,
    cache: Path,
    code: str,
    output: Path,
) -> int:
    """Let a student answer the questions of all tables given; writes its predictions sorted by question and sample,
    returns how many.

    `files` has (questions, profile, Parquet) of every test table. Finished
    questions are kept in a journal in `cache`, under the rule's `code` and everything else that answers depend on, so a
    killed job goes on. Each group of questions is decoded by one thread, so their number is no part of the result; who
    is in a group is one, so it is in the key. Raises ValueError where there is no question.
    """
    run, model, trained, seed, whole_turns, sampling = asked
    tables = {name: files[name] for name in sorted(files)}
    make_repeatable(threads=1)
    started = time.monotonic()
    questions = _questions(tables, config.limit_per_table)
    cards = {name: table_card(read_record(profile, TableProfile)) for name, (_, profile, _) in tables.items()}
    parquets = {name: parquet for name, (_, _, parquet) in tables.items()}
    content = {name: _files_digest(paths[1:]) for name, paths in tables.items()}
    identity = digest(
        *(
            code,
            run,
            seed,
            whole_turns,
            _files_digest(model_files(model)),
            trained and _files_digest(model_files(trained)),
        ),
        *(sampling and result_settings(sampling), result_settings(config), result_settings(sandbox)),
    )
    temperature = sampling.temperature if sampling else 0.0
    samples = range(sampling.samples if sampling else 1)
    limits = DecodeLimits(config.max_new_tokens, config.max_context, temperature, whole_turns)
    with (
        Journal(cache, Work("predictions", run, identity)) as journal,
        progress_of(f"predictions {run}", len(questions) * len(samples)) as shown,
        Sandboxes(sandbox) as sandboxes,
        ThreadPoolExecutor(config.threads, initializer=torch.set_num_threads, initargs=(1,)) as workers,
    ):
        grouped = groups(questions, config.batch_size)
        asked_together = [(group, sample, _keys(group, sample, content)) for sample in samples for group in grouped]
        left = [each for each in asked_together if not all(map(journal.get, each[2].values()))]
        total = len(questions) * len(samples)
        served = total - sum(len(group) for group, *_ in left)
        logger.info(f"{run}: {total - served} questions to answer, {served} from the journal")
        shown.skip(served)
        weights = _weights(model, trained) if left else None
        noting = Lock()

        def work(group: list[Question], sample: int, keys: dict[str, str]) -> None:
            student = Student(run, load_tokenizer(model), seed)  # a tokenizer is not for two threads
            decoder = Decoder(weights, student.tokenizer, len(group), limits)
            tasks = [
                Task(question.question_id, question.table, opening(cards[question.table], question.text), sample)
                for question in group
            ]
            for prediction in roll_out(tasks, parquets, student, decoder, config.turn_limit, sandboxes):
                with noting:
                    key = keys[prediction.question_id]
                    if journal.get(key) is None:
                        journal.put(key, encode(prediction))
                    shown.advance()

        for _ in workers.map(work, *zip(*left, strict=True)) if left else ():
            pass  # raises what a worker raised
        every = [key for _, _, keys in asked_together for key in keys.values()]
        done = [decode(journal.get(key) or b"", Prediction) for key in every]
    ordered = sorted(done, key=lambda prediction: (prediction.question_id, prediction.sample))
    write_records(output, ordered)
    seconds = round(time.monotonic() - started, 1)
    timing = {"seconds": seconds, "questions": len(done), "tokens": sum(prediction.tokens for prediction in done)}
    write_atomic(output.with_name("test.timing.json"), (json.dumps(timing) + "\n").encode())
    return len(done)


def _weights(model: Path, trained: Path | None) -> Model:
    weights = load_student(model, trained, "bfloat16")
    use_packed_linears(weights)
    return weights


def _keys(group: Sequence[Question], sample: int, content: Mapping[str, str]) -> dict[str, str]:
    """The key of each question in the journal: itself, which attempt it is, and all that is answered with it."""
    tables = sorted({question.table for question in group})
    together = digest(
        [(question.question_id, question.table, question.text) for question in group],
        [(table, content[table]) for table in tables],
    )
    return {question.question_id: f"{together[:16]} {question.question_id} {sample}" for question in group}


def _questions(tables: Mapping[str, TableFiles], limit: int | None) -> list[Question]:
    """The questions of all tables; of each table the first `limit` by id, which is as good as drawn."""
    result: list[Question] = []
    for questions, *_ in tables.values():
        result += sorted(read_records(questions, Question), key=lambda question: question.question_id)[:limit]
    if not result:
        raise ValueError("there is no question to answer: no table is in the test split, or none of them has questions")
    return result


def _files_digest(paths: Sequence[Path]) -> str:
    state = hashlib.sha256()
    for path in paths:
        state.update(f"{path.name} {sha256_file(path)}\n".encode())
    return state.hexdigest()
