"""Write the verified questions of one table with their answers, for students to be graded on."""

from pathlib import Path

from tabletutor.verdicts.verified_questions import write_verified
from tabletutor.workflow.job import job

with job(snakemake) as here:
    write_verified(
        questions=here.file("questions"), verdicts=here.file("verdicts"), output=Path(snakemake.output.questions)
    )
