"""Models of the hub: from a cache in the layout of the hub's client, and fetched from a local server."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tabletutor.config.load import ConfigError, check
from tabletutor.config.models import HubModelConfig, ScratchModelConfig
from tabletutor.config.section import result_settings
from tabletutor.models.load import MODEL_FILES
from tabletutor.models.scratch import make_scratch
from tabletutor.workflow.context import ENVIRONMENT

ROOT = Path(__file__).parents[2]
ID, REVISION = "people/tiny", "0123456789abcdef0123456789abcdef01234567"
MAKE = """
import sys
from pathlib import Path
from tabletutor.config.models import HubModelConfig
from tabletutor.models.build import make_model

config = HubModelConfig(source="hub", id=sys.argv[1], revision=sys.argv[2], download=sys.argv[3] == "download")
try:
    make_model(config, [], 0, Path(sys.argv[4]))
except (OSError, ValueError) as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture(scope="session")
def source(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The files of a model, as in a repository of the hub."""
    config = ScratchModelConfig(source="scratch", vocabulary=300, hidden=8, layers=1, heads=1)
    return once("hub-model", lambda folder: make_scratch(config, ["text"], 0, folder))


def make(home: Path, folder: Path, *, download: bool = False, endpoint: str = "") -> subprocess.CompletedProcess[str]:
    """Make a model's folder in a process with the environment of jobs."""
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "PYTHONPATH": str(ROOT / "scripts"),
        "HF_HOME": str(home),
        "NO_PROXY": "127.0.0.1",
        "HF_ENDPOINT": endpoint or "http://127.0.0.1:9",
    }
    for name in ("HF_HUB_CACHE", "HF_TOKEN"):
        environment.pop(name, None)
    command = [sys.executable, "-c", MAKE, ID, REVISION, "download" if download else "-", str(folder)]
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")


def put(source: Path, home: Path) -> Path:
    """Put a model into a cache in the layout of the hub's client; return its snapshot folder."""
    repository = home / "hub" / "models--people--tiny"
    snapshot = repository / "snapshots" / REVISION
    for folder in (repository / "blobs", repository / "refs", snapshot):
        folder.mkdir(parents=True)
    (repository / "refs" / "main").write_text(REVISION)
    for path in source.iterdir():
        blob = repository / "blobs" / hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copyfile(path, blob)
        (snapshot / path.name).symlink_to(os.path.relpath(blob, snapshot))
    return snapshot


@pytest.mark.slow
def test_a_model_in_the_cache_is_written_in_the_one_layout(source: Path, tmp_path: Path) -> None:
    put(source, tmp_path / "home")
    done = make(tmp_path / "home", tmp_path / "model")
    assert not done.returncode, done.stderr
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == sorted(MODEL_FILES)
    assert (tmp_path / "model/model.safetensors").read_bytes() == (source / "model.safetensors").read_bytes()
    assert (tmp_path / "model/tokenizer.json").read_bytes() == (source / "tokenizer.json").read_bytes()


def test_a_missing_model_is_an_error_that_says_where_to_put_it(tmp_path: Path) -> None:
    done = make(tmp_path / "home", tmp_path / "model")
    assert done.returncode
    for text in (
        f"FileNotFoundError: the model {ID} at revision {REVISION} is not in the local cache {tmp_path / 'home/hub'}",
        f"`hf download {ID} --revision {REVISION}`",
        "models--people--tiny",
        "`source: local`",
        "models.<name>.download",
    ):
        assert text in done.stderr
    assert not list(tmp_path.glob("*model*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_model_of_which_a_part_is_cached_is_missing(source: Path, tmp_path: Path, name: str) -> None:
    (put(source, tmp_path / "home") / name).unlink()
    done = make(tmp_path / "home", tmp_path / "model")
    assert done.returncode
    assert f"(missing: {name.replace('model', '*')})" in done.stderr


@pytest.mark.slow
def test_a_part_of_the_weights_is_missing_by_its_name(source: Path, tmp_path: Path) -> None:
    snapshot = put(source, tmp_path / "home")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "(missing: model-00002-of-00002.safetensors)" in make(tmp_path / "home", tmp_path / "model").stderr


@pytest.fixture
def hub(source: Path) -> Generator[tuple[str, list[str]]]:
    """A server that answers like the hub for one model at one revision: its address and the paths requested from it."""
    requests: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            path = urlsplit(self.path).path
            if path == f"/api/models/{ID}/tree/{REVISION}":
                every = [*source.iterdir(), ROOT / "LICENSE"]
                files = [{"type": "file", "path": each.name, "size": each.stat().st_size, "oid": "0"} for each in every]
                self._answer(json.dumps(files).encode(), "application/json")
                return
            name = path.removeprefix(f"/{ID}/resolve/{REVISION}/")
            if (source / name).is_file():
                self._answer((source / name).read_bytes(), "application/octet-stream")
            else:
                self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", requests
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_a_model_is_fetched_once_and_only_where_download_says_so(
    source: Path, hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    endpoint, requests = hub
    home, folder = tmp_path / "home", tmp_path / "model"
    assert "is not in the local cache" in make(home, folder, endpoint=endpoint).stderr
    assert requests == []
    done = make(home, folder, download=True, endpoint=endpoint)
    assert not done.returncode, done.stderr
    assert (folder / "model.safetensors").read_bytes() == (source / "model.safetensors").read_bytes()
    assert not any(path.endswith("LICENSE") for path in requests)
    requests.clear()
    for download in (True, False):
        done = make(home, folder, download=download, endpoint=endpoint)
        assert not done.returncode, done.stderr
    assert requests == []


@pytest.mark.slow
def test_a_model_that_cannot_be_fetched_is_an_error_with_the_cause(hub: tuple[str, list[str]], tmp_path: Path) -> None:
    elsewhere = f"{hub[0]}/no/hub"  # without a server, the client would retry for twenty seconds
    done = make(tmp_path / "home", tmp_path / "model", download=True, endpoint=elsewhere)
    assert done.returncode
    assert f"ConnectionError: the model {ID} at revision {REVISION} could not be fetched" in done.stderr
    assert "404" in done.stderr


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("revision", "main", "models.m.revision: should be a full commit hash of 40 lower-case hexadecimal digits"),
        ("revision", REVISION[:7], "models.m.revision: should be a full commit hash"),
        ("revision", REVISION.upper(), "models.m.revision: should be a full commit hash"),
        ("id", "tiny", "models.m.id: string should match pattern"),
        ("id", "../tiny", "models.m.id: string should match pattern"),
    ],
)
def test_what_is_not_pinned_is_refused(key: str, value: str, message: str) -> None:
    model = {"source": "hub", "id": ID, "revision": REVISION, key: value}
    runs = {"base": {"model": "m"}, "tuned": {"model": "m", "training": {}}}
    with pytest.raises(ConfigError) as caught:
        check({"project": "p", "models": {"m": model}, "runs": runs}, "config.yaml")
    assert f"config.yaml: {message}" in str(caught.value)


def test_how_a_model_is_come_by_is_no_part_of_it() -> None:
    fetched, cached = (
        HubModelConfig(source="hub", id=ID, revision=REVISION, download=download) for download in (True, False)
    )
    assert result_settings(fetched) == result_settings(cached) == {"source": "hub", "id": ID, "revision": REVISION}
