"""Reporting: metrics of every run by group, comparisons of two runs and of arms of runs, and the report.

Needs   scores/{run}/{split}.jsonl, predictions/{run}/{split}.jsonl, ledger/{run}/test.jsonl; for the report also the outputs of earlier stages
Makes   metrics/summary.csv, metrics/comparison.json, report/index.html; for some projects metrics/validation.csv, metrics/arms.json
Steps   summary, validation, comparison, arms → report
"""


rule summary:
    """Summarise the scores of every run by group, with Wilson intervals."""
    input:
        scores=expand(
            "<results>/scores/{run}/test.jsonl",
            run=runs.tested,
        ),
        predictions=expand(
            "<results>/predictions/{run}/test.jsonl",
            run=runs.tested,
        ),
    output:
        summary="<results>/metrics/summary.csv",
    log:
        "<logs>/metrics/summary.log",
    conda:
        "../envs/workflow.yaml"
    params:
        runs=runs.tested,
        confidence=setting("reporting/confidence"),
        code=code("summary.py"),
    script:
        "../scripts/summary.py"


rule validation:
    """Summarise the scores on validation tables, by which settings are chosen. Reads nothing of test tables."""
    input:
        scores=expand(
            "<results>/scores/{run}/validation.jsonl",
            run=runs.validated,
        ),
        predictions=expand(
            "<results>/predictions/{run}/validation.jsonl",
            run=runs.validated,
        ),
    output:
        validation="<results>/metrics/validation.csv",
    log:
        "<logs>/metrics/validation.log",
    conda:
        "../envs/workflow.yaml"
    params:
        runs=runs.validated,
        confidence=setting("reporting/confidence"),
        code=code("validation.py"),
    script:
        "../scripts/validation.py"


rule comparison:
    """Compare the candidate with the baseline, question by question."""
    input:
        baseline=expand(
            "<results>/scores/{run}/test.jsonl",
            run=option("reporting/baseline"),
        ),
        candidate=expand(
            "<results>/scores/{run}/test.jsonl",
            run=option("reporting/candidate"),
        ),
    output:
        comparison="<results>/metrics/comparison.json",
    log:
        "<logs>/metrics/comparison.log",
    conda:
        "../envs/workflow.yaml"
    # Telemetry; see rule checkpoint.
    resources:
        mlflow=option("reporting/mlflow"),
    params:
        config={
            "baseline": setting("reporting/baseline"),
            "candidate": setting("reporting/candidate"),
            "bootstrap": setting("reporting/bootstrap"),
            "confidence": setting("reporting/confidence"),
        },
        seed=setting("seed"),
        code=code("comparison.py"),
    script:
        "../scripts/comparison.py"


rule arms:
    """Compare arms of runs that differ only in their seed with the first arm or another one."""
    input:
        scores=expand(
            "<results>/scores/{run}/test.jsonl", run=sum(runs.arms.values(), [])
        ),
    output:
        arms="<results>/metrics/arms.json",
    log:
        "<logs>/metrics/arms.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config={
            # Not from `settings`, whose mappings are sorted: the other arms are compared with the first one.
            "arms": runs.arms,
            "compare_with": setting("reporting/compare_with"),
            "bootstrap": setting("reporting/bootstrap"),
            "permutations": setting("reporting/permutations"),
            "confidence": setting("reporting/confidence"),
        },
        seed=setting("seed"),
        code=code("arms.py"),
    script:
        "../scripts/arms.py"


rule report:
    """Write the report as one self-contained page."""
    input:
        profiles=per_table("<results>/tables/{table}/profile.json"),
        splits="<results>/splits.json",
        questions=per_table("<results>/questions/<source>/{table}.jsonl"),
        rejects=per_table("<results>/questions/<source>/{table}.rejects.jsonl"),
        episodes=per_table("<results>/episodes/<source>/{table}.jsonl"),
        verdicts=per_table("<results>/verdicts/<source>/{table}.jsonl"),
        formats=expand("<results>/formats/{format}/stats.json", format=runs.trained_on),
        # The losses of the candidate, if it was trained.
        losses=expand(
            "<results>/checkpoints/{run}/metrics.ndjson",
            run={*runs.trained} & {option("reporting/candidate")},
        ),
        scores=expand(
            "<results>/scores/{run}/test.jsonl",
            run=runs.tested,
        ),
        predictions=expand(
            "<results>/predictions/{run}/test.jsonl",
            run=option("reporting/candidate"),
        ),
        summary="<results>/metrics/summary.csv",
        validation=branch(runs.validated, then="<results>/metrics/validation.csv"),
        ledger=expand("<results>/ledger/{run}/test.jsonl", run=runs.tested),
        comparison="<results>/metrics/comparison.json",
        arms=branch(runs.arms, then="<results>/metrics/arms.json"),
        # The report shows only the digests of these files.
        hashed=expand("<results>/checkpoints/{run}/SHA256SUMS", run=runs.trained)
        + expand(
            "<results>/formats/{format}/{split}.jsonl",
            format=runs.trained_on,
            split=["train", "validation"],
        )
        + ["<results>/leaks.json", *runs.round_rows],
    output:
        report="<results>/report/index.html",
    log:
        "<logs>/report.log",
    conda:
        "../envs/workflow.yaml"
    params:
        title=setting("reporting/title"),
        project=setting("project"),
        entries=sources,
        other_looks=runs.other_looks,
        settings={
            "seed": setting("seed"),
            "models": setting("models"),
            "runs": setting("runs"),
            "evaluation": setting("evaluation"),
            "verdicts": setting("verdicts"),
        },
        code=code("report.py"),
    script:
        "../scripts/report.py"
