"""Compile a chain of steps to SQL for DuckDB: one common table expression per step.

Text of the table or the question never enters the SQL. Columns are named by position, because DuckDB treats "A" and
"a" as one name and quoting headers would not help. Every value is a bound parameter.
"""

from tabletutor.programs.duckdb_sql.chain import Column, Statement
from tabletutor.programs.duckdb_sql.compile import Plan, Shape, compile_chain

__all__ = ["Column", "Plan", "Shape", "Statement", "compile_chain"]
