"""Let a teacher explore a table in the sandbox, then ask it for questions. Finished conversations go to a journal."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from tabletutor.config.questions import LlmQuestionsConfig
from tabletutor.models.prompt import Message, conversation, observation, table_card
from tabletutor.questions.llm.converse import converse
from tabletutor.questions.llm.focus import draw_focuses
from tabletutor.questions.llm.prompts import THEMES, correction, correction_of_all, exploration_task, request
from tabletutor.questions.llm.proposal import find_unreadable, read_replies, reply_schema
from tabletutor.records.episode import Trace
from tabletutor.records.identity import content_id, digest, rng
from tabletutor.records.journal import Journal
from tabletutor.records.record import Record, decode, encode
from tabletutor.records.table import TableProfile
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.students.rollout import Answerer, Opening, Task, roll_out
from tabletutor.teachers.open import OpenTeacher
from tabletutor.teachers.prompt import teacher_opening

CORRECTIONS = 2  # how often a model is asked to correct malformed proposals
REQUEST_TOKENS = 1500  # of the request for questions, which a local model's context must hold too


class Conversation(Record, frozen=True):
    """A finished conversation: the exploration, and the replies to the request for questions and to corrections."""

    exploration: Trace
    replies: tuple[str, ...]


class Setting(NamedTuple):
    """The table that conversations are about, and their settings."""

    profile: TableProfile
    parquet: Path
    config: LlmQuestionsConfig
    seed: int
    sandboxes: Sandboxes


class _Plan(NamedTuple):
    """A conversation to have: the task of its exploration, and its theme."""

    task: Task
    theme: str


def converse_about(
    setting: Setting, teacher: OpenTeacher, journal: Journal, finished: Callable[[], None]
) -> list[Conversation]:
    """Return the conversations about a table in their order. `finished` is called after each.

    The conversations of one temperature are a group. Those of a local teacher depend on it, so a group that is not
    whole in the journal is repeated.
    """
    plans, temperatures = _plans(setting, teacher), setting.config.temperatures
    groups = [plans[index :: len(temperatures)] for index in range(min(len(temperatures), len(plans)))]
    lock = Lock()
    results: dict[str, Conversation] = {}

    def work(index: int) -> None:
        group, temperature = groups[index], temperatures[index]
        together = digest([[*plan.task] for plan in group])[:16] if teacher.batches else ""
        keys = {plan.task.question_id: f"{together} {plan.task.question_id}" for plan in group}
        stored = {name: found for name, key in keys.items() if (found := journal.get(key)) is not None}
        repeat = teacher.batches and len(stored) < len(group)
        left = [plan for plan in group if repeat or plan.task.question_id not in stored]
        with lock:
            for name, line in stored.items():
                results[name] = decode(line, Conversation)
                finished()
        for name, made in _converse(setting, teacher, temperature, left):
            with lock:
                if name not in stored:
                    journal.put(keys[name], encode(made))
                    results[name] = made
                    finished()

    with ThreadPoolExecutor(1 if teacher.batches else len(groups)) as workers:
        list(workers.map(work, range(len(groups))))
    return [results[plan.task.question_id] for plan in plans]


def _plans(setting: Setting, teacher: OpenTeacher) -> list[_Plan]:
    profile, config = setting.profile, setting.config
    card = table_card(profile)
    plans: list[_Plan] = []
    for number, focus in enumerate(draw_focuses(profile, config.conversations, setting.seed)):
        theme = THEMES[number % len(THEMES)]
        prompt = teacher_opening(card, exploration_task(focus, theme, config.turns), teacher.style)
        name = content_id(profile.sha256, setting.seed, "explore", number, prompt)
        plans.append(_Plan(Task(name, profile.table, prompt), theme))
    return plans


def _converse(
    setting: Setting, teacher: OpenTeacher, temperature: float, plans: Sequence[_Plan]
) -> Iterator[tuple[str, Conversation]]:
    """Yield the name and the record of each conversation of a group when it ends."""
    config = setting.config
    if not plans:
        return
    explorer = Answerer(teacher.name, "independent", setting.seed, one_block=True)
    reserved = config.proposal_tokens + REQUEST_TOKENS
    traces = {
        attempt.task.question_id: attempt.trace
        for attempt in roll_out(
            [plan.task for plan in plans],
            {setting.profile.table: setting.parquet},
            explorer,
            teacher.turns(temperature, len(plans), reserved=reserved),
            config.turns,
            setting.sandboxes,
        )
    }
    openings = {
        key: Opening(
            _request_messages(plan, traces[plan.task.question_id], config.proposals),
            setting.profile.table,
            rng(setting.seed, "propose", plan.task.question_id),
            reply_schema(),
        )
        for key, plan in enumerate(plans)
    }
    generator = teacher.turns(temperature, len(plans), max_tokens=config.proposal_tokens)
    for key, replies in converse(generator, openings, lambda _, replies: _correction(replies)):
        name = plans[key].task.question_id
        yield name, Conversation(traces[name], replies)


def _request_messages(plan: _Plan, trace: Trace, number: int) -> list[Message]:
    """Return the exploration, and the request for questions in the same message as the last output."""
    messages = conversation(plan.task.prompt, trace.turns)
    text = request(number, plan.theme)
    if not trace.turns:
        first, last = messages[:-1], messages[-1]
        return [*first, {"role": "user", "content": f"{last['content']}\n\n{text}"}]
    return [*messages, {"role": "user", "content": f"{observation(trace.turns[-1])['content']}\n\n{text}"}]


def _correction(replies: tuple[str, ...]) -> Message | None:
    """Return the reply that asks again, or None if all is well-formed or the model was asked often enough."""
    malformed = read_replies(replies).malformed
    if not malformed or len(replies) > CORRECTIONS:
        return None
    fault = find_unreadable(replies[-1])
    return correction(malformed) if fault is None else correction_of_all(fault)
