"""Let one student answer the questions of all test tables in the sandbox, turn by turn."""

from pathlib import Path

from tabletutor.config.evaluation import EvaluationConfig, SamplingConfig
from tabletutor.config.sandbox import SandboxConfig
from tabletutor.evaluation.predict import PredictionSpec, predict
from tabletutor.workflow.job import job

with job(snakemake, shares=True) as here:
    source, params = snakemake.input, snakemake.params
    files = here.tables("questions", "profiles", "parquets")
    trained = Path(source.trained[0]).parent if source.trained else None
    sampling = SamplingConfig.model_validate(params.sampling) if params.sampling else None
    run, model = snakemake.wildcards.run, Path(source.model[0]).parent
    predict(
        spec=PredictionSpec(run, model, trained, params.seed, params.whole_turns, sampling),
        files=files, config=here.section(EvaluationConfig, "evaluation", params.config),
        sandbox=here.section(SandboxConfig, "sandbox", params.sandbox), cache=here.cache, code=params.code,
        output=Path(snakemake.output.predictions),
    )  # fmt: skip
