"""The teacher of a job: its settings from the parameters and the configuration, and its files."""

from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from tabletutor.config.teachers import TeacherConfig
from tabletutor.teachers.open import TeacherFiles
from tabletutor.workflow.context import Job

_CONFIG = TypeAdapter[TeacherConfig](TeacherConfig)


def teacher_files(
    here: Job, given: dict[str, Any], model: str, cassette: tuple[str, str], max_context: int
) -> TeacherFiles | None:
    """Return a teacher, or None if `given` (`Teachers.setting`, a rule's parameter) is empty.

    `model` is the name of the input with the files of a local teacher's model. `cassette` has the stage and the table
    that the recorded responses of an endpoint belong to.
    """
    if not given:
        return None
    settings = here.values(f"teachers/{given['name']}", given["settings"])
    checkpoint = settings.get("checkpoint")
    return TeacherFiles(
        name=given["name"],
        config=_CONFIG.validate_python(settings),
        model=here.folder(model),
        checkpoint=Path(checkpoint) if checkpoint else None,
        cassette=here.cassette(*cassette),
        max_context=max_context,
    )
