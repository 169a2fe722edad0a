"""tabletutor: teach a small language model to analyse tables, reproducibly.

The names in `__all__` are the public API (`docs/api.md`); every other module is private.
"""

# `__getattr__` provides these names, and `__init__.pyi` has their types. A test keeps the three in agreement.
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
    """Import the public API when one of its names is first used, since jobs and sandbox sessions do not need it."""
    if name in __all__:
        from tabletutor import api

        return getattr(api, name)
    raise AttributeError(f"module 'tabletutor' has no attribute {name!r}; there are: {', '.join(__all__)}")
