"""Add the right attempts of another run at training questions to the training rows of a format."""

from pathlib import Path

from tabletutor.config.formats import ConversationConfig
from tabletutor.config.runs import AttemptsConfig
from tabletutor.config.verdicts import VerdictsConfig
from tabletutor.formats.build import EpisodeFiles, SplitFiles
from tabletutor.formats.round_rows import add_attempts
from tabletutor.workflow.job import job

with job(snakemake) as here:
    output, params = snakemake.output, snakemake.params
    add_attempts(
        snakemake.wildcards.format,
        files=here.tables(
            EpisodeFiles, profile="profiles", questions="questions", episodes="episodes", verdicts="verdicts"
        ),
        base=SplitFiles(here.file("base"), here.file("base_notes")),
        attempts=here.file("attempts"),
        config=ConversationConfig.model_validate(params.config),
        settings=AttemptsConfig.model_validate(params.added),
        verdicts=VerdictsConfig.model_validate(params.matching),
        seed=params.seed,
        output=SplitFiles(Path(output.train), Path(output.notes)),
        stats=Path(output.stats),
    )
