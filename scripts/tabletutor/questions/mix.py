"""Join the questions of several sources about one table."""

from collections.abc import Sequence
from pathlib import Path

from tabletutor.records.question import Question, Reject
from tabletutor.records.record import read_records, write_records


def mix_questions(*, questions: Sequence[Path], rejects: Sequence[Path], output: Path, rejected: Path) -> int:
    """Write the questions of all sources, sorted by id, and all their rejects; return the number of questions.

    `questions` and `rejects` have a file for each source. Of questions with the same text, that of the first source is
    kept, and the others are rejected.
    """
    texts: dict[str, Question] = {}
    left_out: list[Reject] = [reject for path in rejects for reject in read_records(path, Reject)]
    for path in questions:
        for question in read_records(path, Question):
            text = " ".join(question.text.casefold().split())
            if text in texts:
                detail = f"the same text as question {texts[text].question_id} of source {texts[text].source}"
                left_out.append(Reject(question.table, question.family, question.text, "duplicate", detail))
            else:
                texts[text] = question
    write_records(rejected, left_out)
    return write_records(output, sorted(texts.values(), key=lambda question: question.question_id))
