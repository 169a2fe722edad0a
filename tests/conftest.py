"""Order of the tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole builds first: begun last, the longest of them would run alone."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
