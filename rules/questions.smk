"""Questions: generated for each table, with answers on which three engines agree.

Needs   tables/{table}/table.parquet, tables/{table}/profile.json, splits.json
Makes   questions/program/{table}.jsonl, questions/program/{table}.rejects.jsonl
Steps   questions
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
