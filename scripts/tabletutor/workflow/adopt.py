"""Results that travel: what identifies an artefact lies beside it, and Snakemake is told of it.

Snakemake plans by its own notes in `.snakemake/metadata`. A clone into which only results were copied has none, and
would make everything again, or take files for finished by their age alone. Before it plans, the notes are written from
`<results>/identity`, for every artefact whose files still have the digests noted there. So what is compared then is
parameters, code and the content of inputs. Files with other digests are marked as unfinished, and made again.
"""

from pathlib import Path
from typing import Any

from loguru import logger

from tabletutor.workflow.provenance.artefact import FOLDER, Artefact, in_results, is_whole, read_artefact
from tabletutor.workflow.provenance.output_backup import mark_unfinished


def adopt(results: str) -> int:
    """Tell Snakemake of the artefacts in `results` of which it has no note, or one older than theirs; returns how many
    files these are. In the working directory of the workflow, before it plans.
    """
    folder = Path(results) / FOLDER
    found = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    if not found:
        return 0
    from snakemake.persistence.file import FilePersistence

    persistence = FilePersistence()
    adopted = 0
    for path in found:
        noted = read_artefact(path)
        if noted is None:
            continue
        names = [in_results(name, results) for name in noted.outputs]
        told = [Path(persistence._record_path(persistence._metadata_path, name)) for name in names]  # pyright: ignore[reportPrivateUsage]
        since = path.stat().st_mtime_ns
        if all(record.exists() and record.stat().st_mtime_ns >= since for record in told):
            continue
        if is_whole(noted.outputs, [Path(name) for name in names]):
            _tell(noted, names, results, persistence)
            adopted += len(names)
        else:
            # Without a note or a mark, Snakemake would take a file of the right age as it is.
            mark_unfinished([name for name in names if Path(name).exists()], persistence)
    if adopted:
        logger.info("{} files in {} were made elsewhere; {} says what they are", adopted, results, folder)
    return adopted


def _tell(noted: Artefact, names: list[str], results: str, persistence: Any) -> None:
    from snakemake.persistence import RECORD_FORMAT_VERSION, MetadataRecord

    for name in names:
        made = Path(name).stat().st_mtime
        record = MetadataRecord(
            rule=noted.rule,
            input=sorted(in_results(path, results) for path in noted.inputs),
            log=[],
            params=sorted(noted.parameters.values()),
            record_format_version=RECORD_FORMAT_VERSION,
            incomplete=False,
            starttime=made,
            endtime=made,
            input_checksums={in_results(path, results): f"sha256:{content}" for path, content in noted.inputs.items()},
        )
        persistence._write_record(name, record)
