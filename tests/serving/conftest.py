"""A tiny model and its server, which all tests of the endpoint share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from tests.support.serving import make_tiny, running_server


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="package")
def model(folder: Path) -> Any:
    return make_tiny(folder)


@pytest.fixture(scope="package")
def url(model: Any, folder: Path) -> Iterator[str]:
    with running_server(model, folder) as address:
        yield address


@pytest.fixture(scope="package")
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=url, api_key="none", max_retries=0) as official:
        yield official
