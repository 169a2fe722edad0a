"""Join the questions of all sources about one table."""

from pathlib import Path

from tabletutor.questions.mix import mix_questions
from tabletutor.workflow.job import job

with job(snakemake) as here:
    mix_questions(
        questions=here.files("sources"),
        rejects=here.files("rejects"),
        output=Path(snakemake.output.questions),
        rejected=Path(snakemake.output.rejects),
    )
