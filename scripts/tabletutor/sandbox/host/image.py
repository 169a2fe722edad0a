"""The image of the containers, made of this very environment without a registry; and the labels by which whatever we
make in an engine is found and removed.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import docker
import docker.errors
import requests
from loguru import logger
from packaging.requirements import Requirement

from tabletutor.sandbox.host.process_label import RUN, is_alive, process_label

LABEL = "tabletutor.run"  # the process on whose end it goes; an image without it stays
REPOSITORY = "tabletutor-sandbox"
ENTRY = ("/usr/bin/python3", "-s", "-P", "-B", "/opt/tabletutor/tabletutor/sandbox/guest/relay.py")

_PACKAGE = Path(__file__).resolve().parents[2]
RECIPE = _PACKAGE.parents[1] / "envs" / "sandbox" / "packages.txt"
_PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_LIBRARY = f"opt/python/lib/{_PYTHON}"
_EXCLUDED = {"test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "turtledemo", "ensurepip"}
_FOLDERS = ("tmp", "proc", "sys", "dev", "etc", "usr/bin")


def connect() -> Any:
    """A client of the engine that `DOCKER_HOST` names. Raises OSError, saying what to do, where none answers."""
    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise ConnectionError(
            f"sandbox.backend is docker, but no engine answers ({error}); start one and name it in DOCKER_HOST, or set "
            "sandbox.backend to process"
        ) from error
    return client


def ensure(client: Any, chosen: str | None) -> str:
    """The name of an image that is there: `chosen`, or else the one of this environment, made now if it is missing.

    Made here, it belongs to the run and goes with it. Raises ValueError if `chosen` is not there.
    """
    if chosen is not None:
        if _labels(client, chosen) is None:
            raise ValueError(f"sandbox.image: the engine has no image {chosen!r}; build it, or leave the key out")
        return chosen
    return build(client, {LABEL: run_label()})


def build(client: Any, labels: dict[str, str]) -> str:
    """Make the image of this environment with these labels; returns its name.

    One that is there already is taken; but one that goes with a run is made anew where it shall be kept.
    """
    name = current_name()
    with _build_lock(), tempfile.TemporaryDirectory() as folder:
        existing = _labels(client, name)
        if existing is None or (LABEL in existing and LABEL not in labels):
            logger.info("sandbox: making the image {} (once, about half a minute)", name)
            archive = Path(folder) / "root.tar"
            write_root(archive)
            changes = [*(f'LABEL "{key}"="{value}"' for key, value in labels.items()), f"CMD {json.dumps(ENTRY)}"]
            repository, tag = name.split(":")
            if existing is None and _labels(client, name) is not None:  # another user was quicker
                return name
            client.api.import_image(str(archive), repository=repository, tag=tag, changes=changes)
            if _labels(client, name) is None:
                raise RuntimeError(f"the engine took the archive, but has no image {name}")
    return name


def current_name() -> str:
    """The image's name, with a digest of all that goes into it: the packages' versions and our own code."""
    state = hashlib.sha256(f"2 {sys.version}\n".encode())
    for name, version in sorted((d.name.lower(), d.version) for d in _distributions()):
        state.update(f"{name} {version}\n".encode())
    for place, path in sorted(_project_files()):
        state.update(f"{place} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"{REPOSITORY}:{state.hexdigest()[:12]}"


def run_label() -> str:
    """Whose the images made here are: the workflow run this process works for, or else the process itself."""
    label = os.environ.get(RUN, "")
    return (
        label if label and label.split("/")[0] == process_label().split("/")[0] and is_alive(label) else process_label()
    )


def sweep(client: Any, also: str | None = None) -> list[str]:
    """Remove what dead processes, and the process `also`, left in the engine: containers, then images.

    Returns the names of what went.
    """
    removed: list[str] = []
    for container in client.api.containers(all=True, filters={"label": LABEL}):
        if _is_stale(container["Labels"][LABEL], also):
            remove_container(client, container["Id"])
            removed.append(container["Names"][0] if container["Names"] else container["Id"][:12])
    for image in client.api.images(filters={"label": LABEL}):
        if _is_stale(image["Labels"][LABEL], also):
            try:
                client.api.remove_image(image["Id"], force=True)
                removed += image["RepoTags"] or [image["Id"]]
            except docker.errors.ImageNotFound:
                continue
            except docker.errors.APIError as error:
                if error.status_code != 409:  # another run uses it: it goes with the sweep after that
                    raise
    return removed


def remove_container(client: Any, container: str) -> None:
    """Remove a container, which may be on its way out already."""
    try:
        client.api.remove_container(container, force=True)
    except docker.errors.NotFound:
        pass
    except docker.errors.APIError as error:
        if error.status_code != 409:  # its removal is in progress
            raise


def _is_stale(label: str, also: str | None) -> bool:
    return label == also or not is_alive(label)


def _labels(client: Any, name: str) -> dict[str, str] | None:
    """The labels of an image, or None if there is none of that name."""
    try:
        return client.api.inspect_image(name)["Config"]["Labels"] or {}
    except docker.errors.ImageNotFound:
        return None


@contextlib.contextmanager
def _build_lock() -> Generator[None]:
    with (Path(tempfile.gettempdir()) / f"tabletutor-image-{os.getuid()}.lock").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def write_root(archive: Path) -> None:
    """Write the root file system of the image: interpreter, packages, what they link to, our code, and nothing else."""
    files = dict(_project_files()) | dict(_interpreter_files())
    for distribution in _distributions():
        files |= dict(_package_files(distribution))
    files |= _libraries(files)
    links = {
        "usr/bin/python3": f"/opt/python/bin/{_PYTHON}",
        f"{_LIBRARY}/dist-packages": "site-packages",  # where Debian's Python looks
    }
    texts = {"etc/passwd": "sandbox:x:64123:64123::/nonexistent:/bin/false\n", "etc/group": "sandbox:x:64123:\n"}
    folders = {str(parent) for name in (*files, *links, *texts) for parent in PurePosixPath(name).parents}
    with tarfile.open(archive, "w") as tar:
        for folder in sorted({*folders, *_FOLDERS} - {"."}):  # every one: an engine gives those left out odd modes
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for name, text in texts.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
        for name, path in sorted(files.items()):
            entry = tar.gettarinfo(str(path.resolve()), name)
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mode |= 0o444
            with path.open("rb") as stream:
                tar.addfile(entry, stream)


def _project_files() -> Iterator[tuple[str, Path]]:
    for path in (_PACKAGE / "__init__.py", *(_PACKAGE / "records").glob("*.py"), *(_PACKAGE / "sandbox").rglob("*.py")):
        yield f"opt/tabletutor/tabletutor/{path.relative_to(_PACKAGE).as_posix()}", path


def _interpreter_files() -> Iterator[tuple[str, Path]]:
    """The interpreter and its standard library."""
    yield f"opt/python/bin/{_PYTHON}", Path(sys.executable).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    for folder, folders, names in os.walk(standard):
        folders[:] = [name for name in folders if name not in _EXCLUDED and not name.startswith("config-")]
        for name in names:
            path = Path(folder, name)
            yield f"{_LIBRARY}/{path.relative_to(standard).as_posix()}", path


def _distributions() -> list[importlib.metadata.Distribution]:
    """The packages of the recipe and all they need."""
    found: dict[str, importlib.metadata.Distribution] = {}
    names = [line.strip() for line in RECIPE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in found:
            continue
        found[name] = importlib.metadata.distribution(name)
        needed = map(Requirement, found[name].requires or [])
        names += [need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]
    return list(found.values())


def _package_files(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, Path]]:
    for file in distribution.files or []:
        path = Path(str(distribution.locate_file(file)))
        if ".." not in file.parts and not _EXCLUDED.intersection(file.parts) and path.is_file():
            yield f"{_LIBRARY}/site-packages/{file.as_posix()}", path


def _libraries(files: dict[str, Path]) -> dict[str, Path]:
    """The system's libraries that the files link to, where the loader looks for them."""
    programs = [str(path) for name, path in files.items() if ".so" in path.name or name.startswith("opt/python/bin/")]
    found: dict[str, Path] = {}
    for start in range(0, len(programs), 100):
        ldd = ["ldd", *programs[start : start + 100]]  # fails where one of them links to nothing
        listing = subprocess.run(ldd, capture_output=True, text=True, check=False).stdout
        for name in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listing, re.MULTILINE):
            path = Path(os.path.normpath(name))
            if "site-packages" not in path.parts:  # packages bring theirs along
                found[str(path).lstrip("/")] = path
    system = next(name for name in found if PurePosixPath(name).name.startswith("libc.so")).rsplit("/", 1)[0]
    # An interpreter's own library lies where its build said, at a path that is nobody's here.
    return {
        f"{system}/{path.name}" if path.name.startswith("libpython") else name: path for name, path in found.items()
    }
