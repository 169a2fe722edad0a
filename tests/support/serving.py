"""A chat server of the project on loopback, in a thread of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import torch

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.load import load_model, load_tokenizer
from tabletutor.models.scratch import make_scratch
from tabletutor.serving.app import ChatApp
from tabletutor.serving.engine import Engine
from tabletutor.serving.server import ChatServer


def make_tiny(folder: Path) -> Any:
    """Write a tiny model of 512 positions to `folder`; return it in float32, with weights that make its choices clear.

    Its replies are random text. The tokenizer in `folder` belongs to it.
    """
    config = ScratchModelConfig(source="scratch", vocabulary=400, hidden=32, layers=2, heads=4, positions=512)
    make_scratch(config, ["count the rows ``` of the table df"] * 3, 5, folder)
    model = load_model(folder, "float32")
    with torch.no_grad():
        for index, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(index)) * 0.4)
    return model


@contextmanager
def running_server(model: Any, folder: Path, name: str = "tiny", rows: int = 8, context: int = 512) -> Iterator[str]:
    """Serve `model`, whose tokenizer is in `folder`; give the base URL for clients. Stops the server at the end."""
    engine = Engine(model, load_tokenizer(folder), rows)
    app = ChatApp(engine, load_tokenizer(folder), name, context)
    server = ChatServer(app.starlette(), engine, "127.0.0.1", 0)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield server.address
    finally:
        server.stop()
        thread.join()
