"""Questions: generated for each table, with answers on which three engines agree; and those of other sources.

Needs   tables/{table}/table.parquet, tables/{table}/profile.json, splits.json, models/{model}/ of a local teacher, files of pairs
Makes   questions/program/{table}.jsonl, questions/program/{table}.rejects.jsonl; the same in llm/ and pairs/, and joined in mixed/
Steps   questions, pairs → proposals → mixed
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


rule proposals:
    """Let a language model explore one table and ask, and keep the questions that pass the filters."""
    input:
        profile="<results>/tables/{table}/profile.json",
        parquet="<results>/tables/{table}/table.parquet",
        splits=branch(
            table_entry("split"),
            then=[],
            otherwise=ancient("<results>/splits.json"),
        ),
        others=asked.files("jsonl", besides="llm"),
        model=teachers.model("questions/llm/teacher"),
    output:
        questions="<results>/questions/llm/{table}.jsonl",
        rejects="<results>/questions/llm/{table}.rejects.jsonl",
    log:
        "<logs>/proposals/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=setting("questions/llm"),
        teacher=teachers.setting("questions/llm/teacher"),
        sandbox=setting("sandbox"),
        split=table_entry("split"),
        seed=setting("seed"),
        code=code("proposals.py"),
    script:
        "../scripts/proposals.py"


rule pairs:
    """Read a user's own questions and answers about one table."""
    input:
        profile="<results>/tables/{table}/profile.json",
        splits=branch(
            table_entry("split"),
            then=[],
            otherwise=ancient("<results>/splits.json"),
        ),
    output:
        questions="<results>/questions/pairs/{table}.jsonl",
        rejects="<results>/questions/pairs/{table}.rejects.jsonl",
    log:
        "<logs>/pairs/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        # The file is no input: only its content counts, not its modification time.
        path=asked.pairs,
        content=asked.pairs_content,
        split=table_entry("split"),
        code=code("pairs.py"),
    script:
        "../scripts/pairs.py"


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
