"""Find the data dictionary beside a CSV."""

import json
from pathlib import Path

from tabletutor.tables.dictionary.entries import DictionaryError

PACKAGE = "datapackage.json"


def find_dictionary(csv: Path) -> Path | None:
    """Return the data dictionary of a CSV, or None if it has none.

    For `trips.csv`, it is `trips.schema.json` (Table Schema), `trips.csv-metadata.json` (CSVW), or a `datapackage.json`
    in the same folder with a resource whose path is `trips.csv`. Raises DictionaryError if there are two, or if the
    data package is not JSON.
    """
    candidates = [csv.with_suffix(".schema.json"), csv.with_name(f"{csv.name}-metadata.json")]
    found = [path for path in candidates if path.is_file()]
    package = csv.with_name(PACKAGE)
    if package.is_file() and _names(package, csv.name):
        found.append(package)
    if len(found) > 1:
        raise DictionaryError(
            str(csv),
            f"two data dictionaries, {found[0].name} and {found[1].name}",
            "Keep one, or name it in the table list.",
        )
    return found[0] if found else None


def _names(package: Path, name: str) -> bool:
    """Return whether a data package has a resource with this path."""
    try:
        content = json.loads(package.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise DictionaryError(str(package), f"not JSON: {error}", "Correct the file.") from None
    resources = content.get("resources") if isinstance(content, dict) else None
    paths = [resource.get("path") for resource in resources or [] if isinstance(resource, dict)]
    return any(name in (path if isinstance(path, list) else [path]) for path in paths)
