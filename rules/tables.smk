"""Tables: read each CSV into a typed table with a profile, and assign whole tables to splits that share no data.

Needs   the CSVs of the table list, and their data dictionaries
Makes   tables/{table}/table.parquet, tables/{table}/profile.json, tables/{table}/quarantine.csv, splits.json, leaks.json
Steps   table → splits → leaks
"""


rule table:
    """Read one CSV into a typed table and its profile."""
    output:
        parquet="<results>/tables/{table}/table.parquet",
        profile="<results>/tables/{table}/profile.json",
        quarantine="<results>/tables/{table}/quarantine.csv",
    log:
        "<logs>/tables/{table}.log",
    conda:
        "../envs/workflow.yaml"
    params:
        # The CSV and its data dictionary are no inputs: only their content counts, not their modification time.
        path=table_entry("path"),
        content=table_entry("content"),
        dictionary=table_entry("dictionary"),
        dictionary_content=table_entry("dictionary_content"),
        config=setting("tables"),
        code=code("table.py"),
    script:
        "../scripts/table.py"


rule splits:
    """Assign every table to one split, near-duplicates together."""
    input:
        profiles=per_table("<results>/tables/{table}/profile.json"),
        parquets=per_table("<results>/tables/{table}/table.parquet"),
    output:
        "<results>/splits.json",
    log:
        "<logs>/splits.log",
    conda:
        "../envs/workflow.yaml"
    params:
        tables=tables,
        config=setting("tables"),
        code=code("splits.py"),
    script:
        "../scripts/splits.py"


rule leaks:
    """Fail if two splits share rows, columns or files."""
    input:
        profiles=per_table("<results>/tables/{table}/profile.json"),
        parquets=per_table("<results>/tables/{table}/table.parquet"),
        splits="<results>/splits.json",
    output:
        "<results>/leaks.json",
    log:
        "<logs>/leaks.log",
    conda:
        "../envs/workflow.yaml"
    params:
        config=setting("tables"),
        code=code("leaks.py"),
    script:
        "../scripts/leaks.py"
