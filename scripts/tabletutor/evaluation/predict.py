"""Predictions of one run: a student answers every question of a split in the sandbox. A killed job can be resumed.

Questions are answered in fixed groups (`question_groups.py`). A group that was interrupted is repeated as a whole and
gives the same bytes, so a killed job loses only the groups in progress.
"""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import torch
from loguru import logger

from tabletutor.config.evaluation import EvaluationConfig, SamplingConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.evaluation.prompt_room import check_room
from tabletutor.evaluation.question_groups import files_digest, group_questions, journal_keys, read_questions
from tabletutor.evaluation.worked_examples import read_examples
from tabletutor.models.decoder import DecodeLimits, Decoder
from tabletutor.models.load import Model, load_student, load_tokenizer, make_repeatable, model_files
from tabletutor.models.mkldnn_linear import use_packed_linears
from tabletutor.models.prompt import opening, table_card
from tabletutor.records.episode import Prediction
from tabletutor.records.files import write_atomic
from tabletutor.records.identity import digest
from tabletutor.records.journal import Journal, Work
from tabletutor.records.question import Question
from tabletutor.records.record import decode, encode, read_record, write_records
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.decoder_turns import DecoderTurns
from tabletutor.students.rollout import Answerer, Attempt, Task, roll_out
from tabletutor.telemetry.progress import progress_of


class PredictionSpec(NamedTuple):
    """The settings by which a run answers.

    `run` is its name, `model` the folder of its base model, and `trained` its checkpoint folder (None: untuned). With
    `whole_turns`, turns are decoded to their stop token. `sampling` is None for greedy decoding,
    one answer per question. `examples` has the file of the worked examples in its prompt, if there are any.
    """

    run: str
    model: Path
    trained: Path | None
    seed: int
    whole_turns: bool
    sampling: SamplingConfig | None = None
    examples: Sequence[Path] = ()


class TableFiles(NamedTuple):
    """The files of one table that a student answers questions about."""

    questions: Path
    profile: Path
    parquet: Path


def predict(
    spec: PredictionSpec,
    files: Mapping[str, TableFiles],
    *,
    config: EvaluationConfig,
    sandbox: SandboxConfig,
    cache: Path,
    code: str,
    output: Path,
) -> int:
    """Let a student answer the questions of all tables. Write its predictions, sorted by question and sample; return
    their number.

    `files` has the files of each table of the split. Finished questions go to a journal in
    `cache`, from which a killed job continues. The identity of the journal covers the rule's `code` and everything else
    that answers depend on. One thread decodes each group, so the number of threads does not change the result. Raises
    ValueError if there is no question, or if worked examples leave no room for one.
    """
    run, model, trained, seed, whole_turns, sampling, _ = spec
    tables = {name: files[name] for name in sorted(files)}
    make_repeatable(threads=1)
    started = time.monotonic()
    questions = read_questions([table.questions for table in tables.values()], config.limit_per_table)
    examples = read_examples(spec.examples)
    cards = {name: table_card(read_record(table.profile, TableProfile)) for name, table in tables.items()}
    parquets = {name: table.parquet for name, table in tables.items()}
    content = {name: files_digest((table.profile, table.parquet)) for name, table in tables.items()}
    identity = digest(
        *(code, run, seed, whole_turns, files_digest(model_files(model))),
        *(trained and files_digest(model_files(trained)), sampling and result_settings(sampling), examples),
        *(result_settings(config), result_settings(sandbox)),
    )
    temperature = sampling.temperature if sampling else 0.0
    samples = range(sampling.samples if sampling else 1)
    limits = DecodeLimits(config.max_new_tokens, config.max_context, temperature, whole_turns)
    with (
        Journal(cache, Work("predictions", run, identity)) as journal,
        progress_of(f"predictions {run}", len(questions) * len(samples)) as progress,
        Sandboxes(sandbox) as sandboxes,
        ThreadPoolExecutor(config.threads, initializer=torch.set_num_threads, initargs=(1,)) as workers,
    ):
        groups = group_questions(questions, config.batch_size)
        units = [(group, sample, journal_keys(group, sample, content)) for sample in samples for group in groups]
        left = [unit for unit in units if not all(map(journal.get, unit[2].values()))]
        total = len(questions) * len(samples)
        served = total - sum(len(group) for group, *_ in left)
        logger.info(f"{run}: {total - served} questions to answer, {served} from the journal")
        progress.skip(served)
        if examples and left:
            prompts = [(cards[question.table], question.text) for question in questions]
            check_room(run, load_tokenizer(model), examples, prompts, limits)
        weights = _load_weights(model, trained) if left else None
        lock = Lock()

        def work(group: list[Question], sample: int, keys: dict[str, str]) -> None:
            tokenizer = load_tokenizer(model)  # tokenizers are not thread-safe
            turns = DecoderTurns(Decoder(weights, tokenizer, len(group), limits), tokenizer)
            tasks = [
                Task(
                    question.question_id,
                    question.table,
                    opening(cards[question.table], question.text, examples),
                    sample,
                )
                for question in group
            ]
            answerer = Answerer(run, "student", seed)
            for attempt in roll_out(tasks, parquets, answerer, turns, config.max_turns, sandboxes):
                with lock:
                    key = keys[attempt.task.question_id]
                    if journal.get(key) is None:
                        journal.put(key, encode(_to_prediction(attempt, run)))
                    progress.advance()

        for _ in workers.map(work, *zip(*left, strict=True)) if left else ():
            pass  # raises the exceptions of workers
        done = [decode(journal.get(key) or b"", Prediction) for _, _, keys in units for key in keys.values()]
    ordered = sorted(done, key=lambda prediction: (prediction.question_id, prediction.sample))
    write_records(output, ordered)
    seconds = round(time.monotonic() - started, 1)
    timing = {"seconds": seconds, "questions": len(done), "tokens": sum(prediction.tokens for prediction in done)}
    write_atomic(output.with_suffix(".timing.json"), (json.dumps(timing) + "\n").encode())
    return len(done)


def _to_prediction(attempt: Attempt, run: str) -> Prediction:
    task = attempt.task
    return Prediction(
        question_id=task.question_id,
        table=task.table,
        run=run,
        sample=task.sample,
        trace=attempt.trace,
        tokens=attempt.tokens,
    )


def _load_weights(model: Path, trained: Path | None) -> Model:
    weights = load_student(model, trained, "bfloat16")
    use_packed_linears(weights)
    return weights
