"""tabletutor: teach a small language model to analyse tables, reproducibly.

The names in `__all__` are the public surface (`docs/api.md`); every other module is private.
"""

# The names are made by `__getattr__`; their types are in `__init__.pyi`, and a test holds all three together.
# pyright: reportUnsupportedDunderAll=false
__all__ = [
    "Table",
    "ask_questions",
    "match",
    "open_sandbox",
    "profile",
    "read_episodes",
    "read_questions",
    "read_table",
]


def __getattr__(name: str) -> object:
    """Import the public surface when one of its names is first asked for: jobs and sessions need none of it."""
    if name in __all__:
        from tabletutor import api

        return getattr(api, name)
    raise AttributeError(f"module 'tabletutor' has no attribute {name!r}; there are: {', '.join(__all__)}")
