"""The manifest of a results folder: the SHA-256 of every artefact, in the form that `sha256sum --check` reads."""

from pathlib import Path

from tabletutor.records.files import sha256_file, write_atomic

NAME = "MANIFEST.sha256"
_TIMING = "timing.json"  # wall times differ; no rule reads them


def manifest(results: Path) -> dict[str, str]:
    """The digest of each artefact by its path in the folder, sorted; what is hidden is none."""
    files = {path.relative_to(results): path for path in results.rglob("*") if path.is_file()}
    return {
        name.as_posix(): sha256_file(path)
        for name, path in sorted(files.items())
        if name.name != NAME and not name.name.endswith(_TIMING) and not any(part[0] == "." for part in name.parts)
    }


def write_manifest(results: Path) -> dict[str, str]:
    """Write `MANIFEST.sha256` into the folder; returns what is in it."""
    found = manifest(results)
    write_atomic(results / NAME, "".join(f"{digest}  {name}\n" for name, digest in found.items()).encode())
    return found


def differences(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """The names of what is not the same in two manifests, or in one of them only."""
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
