"""The record of one look at the tables of a split: one set of answers was graded on one set of questions."""

from tabletutor.records.record import Record


class Look(Record, frozen=True):
    """One look. `answers` is the SHA-256 of the predictions, which every change of a run changes. `questions` is a
    digest of the questions asked and of their answers. `tables` are the tables asked about, sorted.
    """

    run: str
    answers: str
    questions: str
    tables: tuple[str, ...]
