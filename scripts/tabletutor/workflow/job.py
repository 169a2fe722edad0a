"""The context a rule's script runs in: its log file, its errors, and the certainty that the code is this checkout's."""

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
from tabletutor.workflow.lock import enter_job
from tabletutor.workflow.provenance.artefact import plan
from tabletutor.workflow.provenance.cutoff import finish, spare

_FILE_FORMAT = "{time:YYYY-MM-DD HH:mm:ss.SSS} {level: <8} {name}:{line} {message}"
_AGAIN = "run the same command again: what is finished is kept"
# What to do where a file system takes nothing.
_ADVICE = {
    errno.ENOSPC: f"make room, and {_AGAIN}",
    errno.EDQUOT: f"make room in your quota, and {_AGAIN}",
    errno.EROFS: f"make the folder writable (or name another by `results` in the configuration), and {_AGAIN}",
    errno.EACCES: f"get the right to it, and {_AGAIN}",
}


class CheckoutError(RuntimeError):
    """The imported package belongs to another checkout than the workflow that runs."""


# Why a job has nothing to do, by where its artefact comes from.
_SPARED = {
    "kept": "kept: code, parameters and the content of all it reads are those of what is there",
    "cache": "from the cache: code, parameters and the content of all it reads are those of what was made before",
}


@contextmanager
def job(snakemake: Any, shares: bool = False) -> Generator[Job]:
    """Run a rule's work: log to the rule's log file, and to standard error in short form.

    The script ends at once, with exit code 0, where the artefact that is there is what the work would make again
    (`cutoff.py`). An error ends it with exit code 1. The console gets one message that names the rule, its wildcards
    and the cause; the log file gets the full traceback as well.

    Args:
        snakemake: The object Snakemake puts into a script.
        shares: Whether what is made is worth a place in the cache, from which other checkouts take it.
    """
    log_file = Path(str(snakemake.log[0]))
    name = job_name(str(snakemake.rule), dict(snakemake.wildcards.items()))
    with _logs(name, log_file):
        try:
            check_checkout(Path(str(snakemake.scriptdir)))
            enter_job()
            planned = plan(snakemake, str(snakemake.config["results"]))
            here = Job(snakemake.config, planned.reads)
            cache = here.cache if shares else None
            if spared := spare(planned, cache):
                logger.info("{} ({})", _SPARED[spared], planned.identity[:16])
                raise SystemExit(0)
            yield here
            finish(planned, cache)
        except Exception as error:
            logger.bind(file_only=True).opt(exception=error).error("{} failed", name)
            logger.error("{}\n(full traceback: {})", describe(error), log_file)
            raise SystemExit(1) from error


@contextmanager
def _logs(name: str, log_file: Path) -> Generator[None]:
    """Log to the file, whole, and to standard error in short form; neither gets a control character of the data."""
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
    """A job as people name it: `questions penguins_raw`."""
    return " ".join([rule, *wildcards.values()])


def describe(error: BaseException) -> str:
    """An error in one paragraph. One about the user's data or configuration speaks for itself, others show a type."""
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

    An installed package wins over the script's own folder on `sys.path`, so another checkout's code could run unseen.
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
