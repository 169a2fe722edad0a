"""Read a user's own questions and answers about one table."""

from pathlib import Path

from tabletutor.questions.pairs import build_pairs
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_pairs(
        Path(snakemake.params.path),
        profile_path=here.file("profile"),
        split=snakemake.params.split or here.splits[snakemake.wildcards.table],
        questions=Path(snakemake.output.questions),
        rejects=Path(snakemake.output.rejects),
    )
