"""Artefacts dated in the future: results that were copied from a machine whose clock is fast, or unpacked.

Snakemake removes what was made from a file that is younger than it, and the next run makes it again, without end. What
an artefact is does not depend on its time, so ours are given the time of now; the user's files are no inputs
(`contents.py`).
"""

import os
import time
from pathlib import Path

from loguru import logger
from snakemake_interface_common.exceptions import WorkflowError

from tabletutor.telemetry.terminal import escape_controls


def date_back(results: Path) -> None:
    """Give the files below `results` that are dated in the future the time of now. Nobody else may be at work there.

    Raises WorkflowError where that is not allowed.
    """
    now = time.time()
    late = [path for path in results.rglob("*") if not path.is_symlink() and path.stat().st_mtime > now]
    for path in late:
        try:
            os.utime(path)
        except OSError as error:
            raise WorkflowError(
                f"{escape_controls(str(path))}: dated in the future, and its time cannot be set ({error.strerror}); "
                "nothing can be made from it. "
                f"Run `touch` on the files in {results} as their owner, or copy the folder without times (`cp -r`)."
            ) from None
    if late:
        logger.info("{} files in {} were dated in the future; they have the time of now", len(late), results)
