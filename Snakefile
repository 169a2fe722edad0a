"""tabletutor: tables → questions → verified episodes → training formats → tuned model → report."""

from tabletutor.workflow.provenance.cutoff import export_forced
from tabletutor.workflow.provenance.output_backup import OutputBackup
from tabletutor.workflow.preflight import check_folders

# 1. Configuration: `--configfile other.yaml` replaces config/config.yaml entirely.
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
include: "rules/rounds.smk"
include: "rules/reporting.smk"


# 3. Targets: everything, and each stage with its prerequisites.
rule all:
    """Build the report and its metrics, and run the checks that may fail the build."""
    default_target: True
    input:
        "<results>/report/index.html",
        "<results>/metrics/summary.csv",
        "<results>/metrics/comparison.json",
        branch(runs.arms, then="<results>/metrics/arms.json"),
        "<results>/leaks.json",
        expand("<results>/formats/{format}/audit.json", format=formats),


rule all_tables:
    """Build the typed tables, profiles and splits, and run the leak check."""
    input:
        per_table("<results>/tables/{table}/profile.json"),
        "<results>/splits.json",
        "<results>/leaks.json",


rule all_questions:
    """Build the questions of every table."""
    input:
        per_table("<results>/questions/<source>/{table}.jsonl"),


rule all_episodes:
    """Build the episodes of every table."""
    input:
        per_table("<results>/episodes/<source>/{table}.jsonl"),


rule all_verdicts:
    """Build the verdicts of every table's episodes."""
    input:
        per_table("<results>/verdicts/<source>/{table}.jsonl"),


rule all_formats:
    """Build the audited training rows of every format."""
    input:
        expand("<results>/formats/{format}/audit.json", format=formats),


rule all_training:
    """Build the checkpoint of every trained run."""
    input:
        expand("<results>/checkpoints/{run}/SHA256SUMS", run=runs.trained),


rule all_evaluation:
    """Build the scores of every run, and the metrics."""
    input:
        expand("<results>/scores/{run}/test.jsonl", run=runs.tested),
        expand("<results>/scores/{run}/validation.jsonl", run=runs.validated),
        "<results>/metrics/summary.csv",
        branch(runs.validated, then="<results>/metrics/validation.csv"),
        "<results>/metrics/comparison.json",
        branch(runs.arms, then="<results>/metrics/arms.json"),


rule all_reporting:
    """Build the report."""
    input:
        "<results>/report/index.html",


backup = OutputBackup(config["results"])


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
    backup.keep(workflow)


onsuccess:
    backup.drop()
    clean_up(config)


onerror:
    backup.restore()
    clean_up(config)
