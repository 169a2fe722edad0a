"""tabletutor: tables → questions → verified episodes → training formats → a tuned model → an honest report."""

from tabletutor.workflow.provenance.cutoff import export_forced
from tabletutor.workflow.provenance.output_backup import OutputBackup
from tabletutor.workflow.preflight import check_folders

# 1. Configuration: `--configfile other.yaml` replaces config/config.yaml as a whole.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


# 2. The stages, in the order in which data flows.
include: "rules/common.smk"
include: "rules/tables.smk"
include: "rules/questions.smk"
include: "rules/episodes.smk"
include: "rules/verdicts.smk"
include: "rules/formats.smk"
include: "rules/training.smk"
include: "rules/evaluation.smk"
include: "rules/reporting.smk"


# 3. Targets: everything, and each stage with what it needs.
rule all:
    """The report, the metrics behind it, and the checks that may fail the build."""
    default_target: True
    input:
        "<results>/report/index.html",
        "<results>/metrics/summary.csv",
        "<results>/metrics/comparison.json",
        branch(runs.arms, then="<results>/metrics/arms.json"),
        "<results>/leaks.json",
        expand("<results>/formats/{format}/audit.json", format=formats),


rule all_tables:
    """Every table typed, profiled and in a split, and the leak check."""
    input:
        expand("<results>/tables/{table}/profile.json", table=tables),
        "<results>/splits.json",
        "<results>/leaks.json",


rule all_questions:
    """The questions of every table."""
    input:
        expand("<results>/questions/program/{table}.jsonl", table=tables),


rule all_episodes:
    """The episodes of every table."""
    input:
        expand("<results>/episodes/program/{table}.jsonl", table=tables),


rule all_verdicts:
    """The verdicts on every table's episodes."""
    input:
        expand("<results>/verdicts/program/{table}.jsonl", table=tables),


rule all_formats:
    """The training rows of every format, audited."""
    input:
        expand("<results>/formats/{format}/audit.json", format=formats),


rule all_training:
    """Every run that is tuned."""
    input:
        expand("<results>/checkpoints/{run}/SHA256SUMS", run=runs.trained),


rule all_evaluation:
    """The scores of every run, and the metrics."""
    input:
        expand("<results>/scores/{run}/test.jsonl", run=runs.students),
        "<results>/metrics/summary.csv",
        "<results>/metrics/comparison.json",
        branch(runs.arms, then="<results>/metrics/arms.json"),


rule all_reporting:
    """The report."""
    input:
        "<results>/report/index.html",


previous = OutputBackup(config["results"])


localrules:
    all,
    all_tables,
    all_questions,
    all_episodes,
    all_verdicts,
    all_formats,
    all_training,
    all_evaluation,
    all_reporting,


onstart:
    check_folders(config)
    export_forced(workflow.dag_settings)
    previous.keep(workflow)


onsuccess:
    previous.drop()
    clean_up(config)


onerror:
    previous.restore()
    clean_up(config)
