"""`with job(snakemake)`: logging, error messages and early exit for a rule's script, and a check of the checkout."""

import errno
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loguru import logger

import tabletutor
from tabletutor.telemetry.terminal import escape_controls, escape_message
from tabletutor.workflow.context import Job
from tabletutor.workflow.lock import lock_job
from tabletutor.workflow.provenance.artefact import plan
from tabletutor.workflow.provenance.cutoff import REUSED, record_artefact, reuse_artefact

_FILE_FORMAT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <8} {name}:{line} {message}"
_AGAIN = "run the same command again: finished work is kept"
# What to do when a file cannot be written.
_ADVICE = {
    errno.ENOSPC: f"make room, and {_AGAIN}",
    errno.EDQUOT: f"make room in your quota, and {_AGAIN}",
    errno.EROFS: f"make the folder writable (or name another by `results` in the configuration), and {_AGAIN}",
    errno.EACCES: f"get permission to write it, and {_AGAIN}",
}


class CheckoutError(RuntimeError):
    """The imported package belongs to a different checkout from the running workflow."""


@contextmanager
def job(snakemake: Any, shares: bool = False) -> Generator[Job]:
    """Run the body of a rule's script, logging to the rule's log file and, in short form, to standard error.

    The script exits at once with code 0 if the existing artefact is what the body would produce (`cutoff.py`). An error
    exits with code 1: the console shows one message with the rule, its wildcards and the cause; the log file also gets
    the full traceback.

    Args:
        snakemake: The object Snakemake puts into a script.
        shares: Whether to store the outputs in the cache, where other checkouts can find them.
    """
    log_file = Path(str(snakemake.log[0]))
    name = job_name(str(snakemake.rule), dict(snakemake.wildcards.items()))
    with _logging(name, log_file):
        try:
            check_checkout(Path(str(snakemake.scriptdir)))
            lock_job()
            planned = plan(snakemake, str(snakemake.config["results"]))
            here = Job(snakemake.config, planned.reads)
            cache = here.cache if shares else None
            if source := reuse_artefact(planned, cache):
                logger.info("{} ({})", REUSED[source], planned.identity[:16])
                raise SystemExit(0)
            yield here
            record_artefact(planned, cache)
        except Exception as error:
            logger.bind(file_only=True).opt(exception=error).error("{} failed", name)
            logger.error("{}\n(full traceback: {})", describe(error), log_file)
            raise SystemExit(1) from error


@contextmanager
def _logging(name: str, log_file: Path) -> Generator[None]:
    """Log in full to the file and in short form to standard error, with control characters escaped in both."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("w", encoding="utf-8", buffering=1) as stream:

        def write(line: str) -> None:
            stream.write(escape_controls(line))

        logger.remove()
        logger.configure(patcher=escape_message)
        logger.add(sys.stderr, level="INFO", format=_console_format(name), filter=_unless_file_only)
        logger.add(write, level="DEBUG", format=_FILE_FORMAT, backtrace=False, diagnose=False)
        try:
            yield
        finally:
            logger.remove()


def job_name(rule: str, wildcards: dict[str, str]) -> str:
    """Return a job's display name, such as `questions penguins_raw`."""
    return " ".join([rule, *wildcards.values()])


def describe(error: BaseException) -> str:
    """Return an error as one paragraph, with its type unless it is a fault in user data or configuration."""
    text = str(error).strip()
    if isinstance(error, KeyError) and error.args:
        text = str(error.args[0])
    if text and isinstance(error, ValueError | FileNotFoundError | CheckoutError):
        return text
    if isinstance(error, OSError) and error.errno in _ADVICE:
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror}; {_ADVICE[error.errno]}"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def check_checkout(scripts: Path) -> None:
    """Raise CheckoutError unless the imported `tabletutor` is the package inside the folder `scripts`.

    An installed package precedes the script's own folder on `sys.path`, so another checkout's code could run unnoticed.
    """
    imported = Path(tabletutor.__file__).resolve().parent
    expected = scripts.resolve() / "tabletutor"
    if imported != expected:
        raise CheckoutError(
            f"the installed tabletutor is {imported}, but this checkout's is {expected}; "
            "run `make env` in this checkout and use its .venv"
        )


def _console_format(name: str) -> Any:
    escaped = name.replace("{", "{{").replace("}", "}}").replace("<", r"\<")
    return "<level>" + escaped + "</level>: {message}"


def _unless_file_only(record: Any) -> bool:
    return not record["extra"].get("file_only", False)
