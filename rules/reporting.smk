"""Reporting: metrics of every run by group, comparisons of two runs and of arms of runs, and the report.

Needs   scores/{run}/test.jsonl, predictions/{run}/test.jsonl; for the report also the outputs of earlier stages
Makes   metrics/summary.csv, metrics/comparison.json, metrics/arms.json (where there are arms), report/index.html
Steps   summary, comparison, arms → report
"""


rule summary:
    """Summarise the scores of every run by group, with Wilson intervals."""
    input:
        scores=expand(
            "<results>/scores/{run}/test.jsonl",
            run=runs.students,
        ),
        predictions=expand(
            "<results>/predictions/{run}/test.jsonl",
            run=runs.students,
        ),
    output:
        summary="<results>/metrics/summary.csv",
    log:
        "<logs>/metrics/summary.log",
    conda:
        "../envs/workflow.yaml"
    params:
        runs=runs.students,
        confidence=lookup(dpath="reporting/confidence", within=settings),
        code=code("summary.py"),
    script:
        "../scripts/summary.py"


rule comparison:
    """Compare the candidate with the baseline, question by question."""
    input:
        baseline=expand(
            "<results>/scores/{run}/test.jsonl",
            run=lookup(dpath="reporting/baseline", within=config),
        ),
        candidate=expand(
            "<results>/scores/{run}/test.jsonl",
            run=lookup(dpath="reporting/candidate", within=config),
        ),
    output:
        comparison="<results>/metrics/comparison.json",
    log:
        "<logs>/metrics/comparison.log",
    conda:
        "../envs/workflow.yaml"
    # Telemetry; see rule checkpoint.
    resources:
        mlflow=lookup(dpath="reporting/mlflow", within=config),
    params:
        config={
            "baseline": lookup(dpath="reporting/baseline", within=settings),
            "candidate": lookup(dpath="reporting/candidate", within=settings),
            "bootstrap": lookup(dpath="reporting/bootstrap", within=settings),
            "confidence": lookup(dpath="reporting/confidence", within=settings),
        },
        seed=lookup(dpath="seed", within=settings),
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
            "against": lookup(dpath="reporting/against", within=settings),
            "bootstrap": lookup(dpath="reporting/bootstrap", within=settings),
            "permutations": lookup(dpath="reporting/permutations", within=settings),
            "confidence": lookup(dpath="reporting/confidence", within=settings),
        },
        seed=lookup(dpath="seed", within=settings),
        code=code("arms.py"),
    script:
        "../scripts/arms.py"


rule report:
    """Write the report as one self-contained page."""
    input:
        profiles=expand("<results>/tables/{table}/profile.json", table=tables),
        splits="<results>/splits.json",
        questions=expand("<results>/questions/program/{table}.jsonl", table=tables),
        rejects=expand(
            "<results>/questions/program/{table}.rejects.jsonl", table=tables
        ),
        episodes=expand("<results>/episodes/program/{table}.jsonl", table=tables),
        verdicts=expand("<results>/verdicts/program/{table}.jsonl", table=tables),
        formats=expand("<results>/formats/{format}/stats.json", format=runs.trained_on),
        # The losses of the candidate, if it was trained.
        losses=expand(
            "<results>/checkpoints/{run}/metrics.ndjson",
            run={*runs.trained} & {lookup(dpath="reporting/candidate", within=config)},
        ),
        scores=expand(
            "<results>/scores/{run}/test.jsonl",
            run=runs.students,
        ),
        predictions=expand(
            "<results>/predictions/{run}/test.jsonl",
            run=lookup(dpath="reporting/candidate", within=config),
        ),
        summary="<results>/metrics/summary.csv",
        comparison="<results>/metrics/comparison.json",
        arms=branch(runs.arms, then="<results>/metrics/arms.json"),
        # The report shows only the digests of these files.
        hashed=expand("<results>/checkpoints/{run}/SHA256SUMS", run=runs.trained)
        + expand(
            "<results>/formats/{format}/{split}.jsonl",
            format=runs.trained_on,
            split=["train", "validation"],
        )
        + ["<results>/leaks.json"],
    output:
        report="<results>/report/index.html",
    log:
        "<logs>/report.log",
    conda:
        "../envs/workflow.yaml"
    params:
        title=lookup(dpath="reporting/title", within=settings),
        project=lookup(dpath="project", within=settings),
        entries=sources,
        settings={
            "seed": lookup(dpath="seed", within=settings),
            "models": lookup(dpath="models", within=settings),
            "runs": lookup(dpath="runs", within=settings),
            "evaluation": lookup(dpath="evaluation", within=settings),
            "verdicts": lookup(dpath="verdicts", within=settings),
        },
        code=code("report.py"),
    script:
        "../scripts/report.py"
