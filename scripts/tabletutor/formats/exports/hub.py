"""Export a dataset folder for the Hugging Face hub: rows, data card, Croissant metadata and checksums."""

import shutil
from pathlib import Path

from tabletutor.formats.exports.card import card
from tabletutor.formats.exports.croissant import croissant_text
from tabletutor.formats.exports.project import Project
from tabletutor.records.files import sha256_file, write_atomic

CHECKSUMS = "SHA256SUMS"


def export_hub(project: Project, folder: Path) -> list[str]:
    """Write the dataset folder and return its files, sorted. The same project gives the same bytes.

    Each format is one configuration of the dataset. `folder` must be new or empty.
    """
    files: dict[str, str] = {}
    for exported in project.formats:
        for split, path in exported.rows().items():
            target = folder / "data" / exported.name / f"{split}.jsonl"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            files[target.relative_to(folder).as_posix()] = sha256_file(target)
    write_atomic(folder / "README.md", card(project).encode())
    write_atomic(folder / "croissant.json", croissant_text(project, files).encode())
    for name in ("README.md", "croissant.json"):
        files[name] = sha256_file(folder / name)
    lines = [f"{digest}  {name}\n" for name, digest in sorted(files.items())]
    write_atomic(folder / CHECKSUMS, "".join(lines).encode())
    return sorted([*files, CHECKSUMS])
