"""Build the questions that a language model asks about one table.

The teacher explores the table, proposes questions, and answers them without the table. A proposal becomes a question if
no filter rejects it. The result does not depend on the order of the proposals.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from loguru import logger

from tabletutor.config.questions import LlmQuestionsConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.config.section import result_settings
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.programs.grammar import from_json
from tabletutor.questions.generate import difficulty, with_text
from tabletutor.questions.llm.control import is_guessable, with_controls
from tabletutor.questions.llm.conversations import Conversation, Setting, converse_about
from tabletutor.questions.llm.near_duplicates import AskedTexts
from tabletutor.questions.llm.program_answer import ProgramCheck, open_program_check
from tabletutor.questions.llm.prompts import EXAMPLE
from tabletutor.questions.llm.proposal import Proposal, read_replies
from tabletutor.questions.llm.text_faults import TextCheck
from tabletutor.questions.repeats import AskedPrograms
from tabletutor.questions.validate import Rejected
from tabletutor.records.files import sha256_file
from tabletutor.records.identity import digest
from tabletutor.records.journal import Journal, Work
from tabletutor.records.question import Question, Reject, RejectReason
from tabletutor.records.record import read_record, read_records, write_records
from tabletutor.records.table import Split, TableProfile
from tabletutor.sandbox.host.sandboxes import Sandboxes
from tabletutor.teachers.open import OpenTeacher, TeacherFiles, open_teacher, teacher_identity
from tabletutor.telemetry.progress import progress_of

SOURCE = "llm"


class ProposalFiles(NamedTuple):
    """The files of one table that a language model asks about. `others` are the questions of all other sources."""

    profile: Path
    parquet: Path
    others: Sequence[Path]


class Settings(NamedTuple):
    """The settings of the questions about one table."""

    questions: LlmQuestionsConfig
    sandbox: SandboxConfig
    split: Split
    seed: int


def build_proposals(
    files: ProposalFiles, teacher: TeacherFiles, settings: Settings, *, cache: Path, code: str, questions: Path,
    rejects: Path,
) -> int:  # fmt: skip
    """Write the questions that a teacher asks about one table, and the proposals that are rejected. Return the number
    of questions.

    Finished conversations and guesses go to a journal in `cache`, from which a killed job continues. Raises what a
    teacher raises, such as that its budget is spent.
    """
    profile, config = read_record(files.profile, TableProfile), settings.questions
    wanted = config.per_table.get(settings.split, 0)
    if not wanted:
        write_records(rejects, [])
        return write_records(questions, [])
    others = [question for path in files.others for question in read_records(path, Question)]
    identity = digest(
        code,
        [sha256_file(files.parquet), sha256_file(files.profile)],
        teacher_identity(teacher),
        [config.turns, config.proposals, config.proposal_tokens, config.temperatures],
        result_settings(settings.sandbox),
        settings.seed,
    )
    with (
        Journal(cache, Work("proposals", profile.table, identity)) as journal,
        Sandboxes(settings.sandbox) as sandboxes,
        open_teacher(teacher) as opened,
    ):
        setting = Setting(profile, files.parquet, config, settings.seed, sandboxes)
        with progress_of(f"proposals {profile.table}", config.conversations) as bar:
            conversations = converse_about(setting, opened, journal, lambda: bar.advance(note=opened.note()))
        with (
            sandboxes.use({profile.table: files.parquet}) as boxes,
            open_program_check(profile, files.parquet, boxes[profile.table]) as check,
        ):
            sieve = _Sieve(profile, settings, check)
            sieve.sift(conversations, others)
        chosen = sieve.choose(wanted, opened, journal)
    logger.info(f"{profile.table}: {len(chosen)} questions accepted, {len(sieve.rejects)} proposals rejected")
    write_records(rejects, sieve.rejects)
    return write_records(questions, sorted(chosen, key=lambda question: question.question_id))


class _Sieve:
    """Turns proposals into questions, and keeps those that it rejects with the reason."""

    def __init__(self, profile: TableProfile, settings: Settings, check: ProgramCheck) -> None:
        self._profile = profile
        self._settings = settings
        self._check = check
        self._kept: list[Question] = []
        self.rejects: list[Reject] = []

    def sift(self, conversations: Sequence[Conversation], others: Sequence[Question]) -> None:
        """Keep the proposals that pass all filters except the control, and reject the others."""
        programs = AskedPrograms()
        for question in others:
            if question.program is not None:
                programs.add(from_json(question.program))
        examples = [proposal.text for proposal in read_replies([EXAMPLE]).proposals]  # small models repeat them
        asked = [*examples, *(question.text for question in others)]
        texts = AskedTexts(asked, self._settings.questions.near_duplicate)
        for question in sorted(self._well_worded(conversations), key=self._rank):
            if nearest := texts.nearest(question.text):
                self._reject(question.text, "duplicate", nearest)
                continue
            checked = self._answered(question, programs)
            if checked is not None:
                texts.add(question.text)
                self._kept.append(checked)

    def choose(self, wanted: int, teacher: OpenTeacher, journal: Journal) -> list[Question]:
        """Return at most so many of the kept questions, chosen by their ids. The control is asked about no more than
        necessary, and what it guesses rightly is rejected.
        """
        left = sorted(self._kept, key=lambda question: digest(self._settings.seed, question.question_id))
        chosen: list[Question] = []
        while left and len(chosen) < wanted:
            batch, left = left[: wanted - len(chosen)], left[wanted - len(chosen) :]
            if self._settings.questions.no_data_control:
                batch = with_controls(batch, teacher, self._settings.seed, journal)
            for question in batch:
                if is_guessable(question, VerdictsConfig()):
                    self._reject(question.text, "guessable", f"answered without data: {question.control!r}")
                else:
                    chosen.append(question)
        for question in left:
            self._reject(question.text, "surplus", f"questions.llm.per_table is {wanted}")
        return chosen

    def _well_worded(self, conversations: Sequence[Conversation]) -> list[Question]:
        check = TextCheck(self._check.frame)
        result: list[Question] = []
        for conversation in conversations:
            reading = read_replies(conversation.replies)
            for malformed in reading.malformed:
                self._reject(malformed.text, "malformed", malformed.fault)
            if not conversation.replies:
                self._reject("", "malformed", "the exploration fills the context; raise questions.llm.max_context")
            for proposal in reading.proposals:
                if fault := check.find_fault(proposal.text, [part.name for part in proposal.parts]):
                    self._reject(proposal.text, fault.reason, fault.detail)
                else:
                    result.append(self._question(proposal))
        return result

    def _answered(self, question: Question, programs: AskedPrograms) -> Question | None:
        """Return a question with the answer of its program, if it has one; None if the program's checks reject it."""
        if question.program is None:
            return question
        program = from_json(question.program)
        if programs.repeats(program):
            self._reject(question.text, "duplicate", "its program asks the same as that of another question")
            return None
        try:
            checked = self._check.answer(question)
        except Rejected as rejected:
            self.rejects.append(rejected.reject)
            return None
        programs.add(program)
        return checked

    def _question(self, proposal: Proposal) -> Question:
        program = proposal.program if isinstance(proposal.program, dict) else None
        question = Question(
            question_id="",
            table=self._profile.table,
            source=SOURCE,
            text=proposal.text,
            answer_type=proposal.answer_type,
            answer_spec=proposal.spec(),
            answer=None,
            family=SOURCE,
            category=SOURCE,
            wording=SOURCE,
            novelty="trained" if self._settings.split == "train" else "other_source",
            difficulty=difficulty(len(proposal.expected_steps)),
            hint=f"{proposal.hint} Steps: {'; '.join(proposal.expected_steps)}",
            program=program,
        )
        return with_text(question, proposal.text, self._profile)

    def _rank(self, question: Question) -> tuple[bool, str]:
        """Return the place of a question among near-duplicates: those with a program first, else by their content."""
        return question.program is None, digest(self._settings.seed, question)

    def _reject(self, text: str, reason: RejectReason, detail: str) -> None:
        self.rejects.append(Reject(self._profile.table, SOURCE, text, reason, detail))
