"""The models of a configuration, as rules need them: the files that a local one is made of."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tabletutor.models.local import local_files
from tabletutor.workflow.provenance.contents import contents


def folder_of(models: Mapping[str, Any]) -> Callable[[Any], dict[str, str]]:
    """`local_model` of the rules: the files in the folder of a job's model with their digests, so that a changed one
    makes it again; none where its source is no folder.
    """

    def files(wildcards: Any) -> dict[str, str]:
        model = models[wildcards.model]
        return contents(map(Path, local_files(model["path"]))) if model["source"] == "local" else {}

    return files
