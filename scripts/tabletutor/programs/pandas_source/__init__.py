"""Write a program as pandas source: one small block per step, as an analyst would write it in a notebook.

Headers and values enter the source only through `repr`, so they stay literals whatever they hold. The blocks run in
the sandbox, where `df`, `pd` and `np` are defined. They are both the third engine and the code that the teacher writes.
"""

from tabletutor.programs.pandas_source.render import Block, render, source

__all__ = ["Block", "render", "source"]
