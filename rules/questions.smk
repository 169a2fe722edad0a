"""Questions: generated for each table, with answers on which three engines agree; and those of other sources.

Needs   tables/{table}/table.parquet, tables/{table}/profile.json, splits.json
Makes   questions/program/{table}.jsonl, questions/program/{table}.rejects.jsonl; with other sources also questions/mixed/
Steps   questions → mixed
"""


rule questions:
    """Generate questions about one table, and keep those on which three engines agree."""
    input:
        profile="<results>/tables/{table}/profile.json",
        parquet="<results>/tables/{table}/table.parquet",
        # A pinned table does not wait for the others. With `ancient`, adding a table rebuilds no other table's
        # questions: a table's bucket depends on that table alone. Formats reject questions of another split.
        splits=branch(
            table_entry("split"),
            then=[],
            otherwise=ancient("<results>/splits.json"),
        ),
    output:
        questions="<results>/questions/program/{table}.jsonl",
        rejects="<results>/questions/program/{table}.rejects.jsonl",
    log:
        "<logs>/questions/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=setting("questions/program"),
        sandbox=setting("sandbox"),
        split=table_entry("split"),
        seed=setting("seed"),
        code=code("questions.py"),
        families=families_digest(),
    script:
        "../scripts/questions.py"


rule mixed:
    """Join the questions of all sources about one table."""
    input:
        sources=asked.files("jsonl"),
        rejects=asked.files("rejects.jsonl"),
    output:
        questions="<results>/questions/mixed/{table}.jsonl",
        rejects="<results>/questions/mixed/{table}.rejects.jsonl",
    log:
        "<logs>/mixed/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("mixed.py"),
    script:
        "../scripts/mixed.py"
