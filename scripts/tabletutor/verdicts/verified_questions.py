"""The questions that students are graded on: the verified ones, with the verified answer, and all of a user's own."""

from pathlib import Path

import msgspec

from tabletutor.records.episode import Verdict
from tabletutor.records.question import Question
from tabletutor.records.record import read_records, write_records


def write_verified(*, questions: Path, verdicts: Path, output: Path) -> int:
    """Write the questions of one table to grade on, with their answers, in the order of the file; return their number.

    A question from a language model has no answer before its episode is judged.
    """
    verified = {each.question_id: each for each in read_records(verdicts, Verdict) if each.verified}
    return write_records(
        output,
        [
            msgspec.structs.replace(question, answer=verified[question.question_id].answer)
            if question.question_id in verified
            else question
            for question in read_records(questions, Question)
            if question.question_id in verified or question.source == "pairs"
        ],
    )
