"""The models of a configuration, as rules need them: the files that a local one is made of."""

from collections.abc import Callable, Mapping
from typing import Any

from tabletutor.models.local import local_files


def folder_of(models: Mapping[str, Any]) -> Callable[[Any], list[str]]:
    """`local_model` of the rules: the files in the folder of a job's model, so that a changed one makes it again; none
    where its source is no folder.
    """

    def files(wildcards: Any) -> list[str]:
        model = models[wildcards.model]
        return local_files(model["path"]) if model["source"] == "local" else []

    return files
