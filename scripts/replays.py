"""Run the traces of one table again, to record what each statement sets and verify that outputs are the same."""

from pathlib import Path

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.verdicts.replay import build_replays
from tabletutor.workflow.job import job

with job(snakemake) as here:
    build_replays(
        episodes_path=here.file("episodes"),
        table=snakemake.wildcards.table,
        parquet=here.file("parquet"),
        sandbox=here.section(SandboxConfig, "sandbox", snakemake.params.sandbox),
        cache=here.cache,
        code=snakemake.params.code,
        output=Path(snakemake.output.replays),
    )
