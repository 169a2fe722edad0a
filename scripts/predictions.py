"""Let one student answer the questions of all tables of a split in the sandbox, turn by turn."""

from pathlib import Path

from tabletutor.config.evaluation import EvaluationConfig, SamplingConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.evaluation.predict import PredictionSpec, TableFiles, predict
from tabletutor.workflow.job import job

with job(snakemake, shares=True) as here:
    params = snakemake.params
    predict(
        PredictionSpec(
            run=snakemake.wildcards.run,
            model=here.folder("model"),
            trained=here.folder("trained"),
            seed=params.seed,
            whole_turns=params.whole_turns,
            sampling=SamplingConfig.model_validate(params.sampling) if params.sampling else None,
            examples=here.files("examples"),
        ),
        here.tables(TableFiles, questions="questions", profile="profiles", parquet="parquets"),
        config=here.section(EvaluationConfig, "evaluation", params.config),
        sandbox=here.section(SandboxConfig, "sandbox", params.sandbox),
        cache=here.cache,
        code=params.code,
        output=Path(snakemake.output.predictions),
    )
