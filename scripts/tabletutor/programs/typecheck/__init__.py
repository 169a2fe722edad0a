"""Check that a program fits a table, before an engine runs it.

The check reads the kinds of columns and never a value of the table: it refuses programs, it does not evaluate them.
"""

from tabletutor.programs.typecheck.check import answer_kind
from tabletutor.programs.typecheck.kinds import AnswerKind, IllTypedError, Kind, moment

__all__ = ["AnswerKind", "IllTypedError", "Kind", "answer_kind", "moment"]
