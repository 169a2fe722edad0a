"""Run a program with Polars, column by column.

Columns are looked up as series by their exact header, never with `pl.col`, which reads `*` and `^…$` as patterns.
"""

from tabletutor.programs.polars_engine.run import load, run

__all__ = ["load", "run"]
