"""The teachers of a configuration, as rules need them: their settings, and the files of local ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tabletutor.models.load import MODEL_FILES, model_files
from tabletutor.workflow.provenance.contents import content_digests


class Teachers:
    """The teachers of a configuration with all defaults filled in.

    The key of a teacher is where the configuration names it, such as `traces/teacher`. There, null means no teacher.
    """

    def __init__(self, config: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """`settings` is the part of the configuration that results depend on."""
        self._config = config
        self._settings = settings

    def model(self, key: str) -> list[str]:
        """Return the files of the base model of a local teacher; empty for an endpoint or no teacher."""
        name = self._name(key)
        teacher = self._config["teachers"][name] if name else {}
        if teacher.get("teacher") != "local":
            return []
        return [f"{self._config['results']}/models/{teacher['model']}/{file}" for file in MODEL_FILES]

    def setting(self, key: str) -> dict[str, Any]:
        """Return the name and settings of a teacher, with the digests of its checkpoint; empty for no teacher."""
        name = self._name(key)
        if not name:
            return {}
        settings = self._settings["teachers"][name]
        checkpoint = settings.get("checkpoint")
        files = content_digests(model_files(Path(checkpoint))) if checkpoint else {}
        return {"name": name, "settings": settings, "files": files}

    def _name(self, key: str) -> str | None:
        value: Any = self._config
        for part in key.split("/"):
            value = value[part] if value else None
        return value
