"""Adopt copied results: write Snakemake's metadata for artefacts whose identity files came with the results folder.

Snakemake plans by its metadata in `.snakemake/metadata`. A clone that received only a results folder has none, so
Snakemake would rebuild everything, or accept files because of their modification times alone. `adopt` runs before
planning. It writes the metadata from `<results>/identity` for every artefact whose files still have the recorded
digests, so Snakemake compares parameters, code and input contents as usual. Files with other digests are marked as
unfinished and rebuilt.
"""

from pathlib import Path
from typing import Any

from loguru import logger

from tabletutor.workflow.provenance.artefact import FOLDER, Artefact, is_intact, path_in_results, read_artefact
from tabletutor.workflow.provenance.output_backup import mark_unfinished


def adopt(results: str) -> int:
    """Write Snakemake's metadata for the artefacts in `results` that have none, or older metadata than their identity.

    Call it in the workflow's working directory, before Snakemake plans. Returns the number of adopted files.
    """
    folder = Path(results) / FOLDER
    identities = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    if not identities:
        return 0
    from snakemake.persistence.file import FilePersistence

    persistence = FilePersistence()
    adopted = 0
    for path in identities:
        artefact = read_artefact(path)
        if artefact is None:
            continue
        names = [path_in_results(name, results) for name in artefact.outputs]
        records = [Path(persistence._record_path(persistence._metadata_path, name)) for name in names]  # pyright: ignore[reportPrivateUsage]
        since = path.stat().st_mtime_ns
        if all(record.exists() and record.stat().st_mtime_ns >= since for record in records):
            continue
        if is_intact(artefact.outputs, [Path(name) for name in names]):
            _write_metadata(artefact, names, results, persistence)
            adopted += len(names)
        else:
            # Without metadata or a mark, Snakemake would accept any file with a plausible modification time.
            mark_unfinished([name for name in names if Path(name).exists()], persistence)
    if adopted:
        logger.info("adopted {} files in {} that were built elsewhere, as described in {}", adopted, results, folder)
    return adopted


def _write_metadata(artefact: Artefact, names: list[str], results: str, persistence: Any) -> None:
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord

    for name in names:
        modified = Path(name).stat().st_mtime
        record = MetadataRecord(
            rule=artefact.rule,
            input=sorted(path_in_results(path, results) for path in artefact.inputs),
            log=[],
            params=sorted(artefact.parameters.values()),
            record_format_version=RECORD_FORMAT_VERSION,
            incomplete=False,
            starttime=modified,
            endtime=modified,
            input_checksums={
                path_in_results(path, results): f"sha256:{content}" for path, content in artefact.inputs.items()
            },
        )
        persistence._write_record(name, record)
