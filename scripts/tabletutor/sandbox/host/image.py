"""The container image, built from the current environment without a registry, and cleanup in the engine.

Every container and image that is made here carries a label with the process it belongs to, by which `sweep` finds it.
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

LABEL = "tabletutor.run"  # names the process it belongs to; images without this label are kept
REPOSITORY = "tabletutor-sandbox"
ENTRY = ("/usr/bin/python3", "-s", "-P", "-B", "/opt/tabletutor/tabletutor/sandbox/guest/relay.py")

_PACKAGE = Path(__file__).resolve().parents[2]
RECIPE = _PACKAGE.parents[1] / "envs" / "sandbox" / "packages.txt"
_PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_LIBRARY = f"opt/python/lib/{_PYTHON}"
_EXCLUDED = {"test", "tests", "site-packages", "dist-packages", "idlelib", "tkinter", "turtledemo", "ensurepip"}
_FOLDERS = ("tmp", "proc", "sys", "dev", "etc", "usr/bin")


def connect() -> Any:
    """Return a client of the engine that `DOCKER_HOST` names. Raises OSError if none answers."""
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
    """Return the name of an available image: `chosen`, or the image of this environment, built if it is missing.

    An image built here is labelled with the run and removed after it. Raises ValueError if `chosen` does not exist.
    """
    if chosen is not None:
        if _labels(client, chosen) is None:
            raise ValueError(f"sandbox.image: the engine has no image {chosen!r}; build it, or remove the key")
        return chosen
    return build(client, {LABEL: run_label()})


def build(client: Any, labels: dict[str, str]) -> str:
    """Return the name of this environment's image; build it with `labels` if it is missing.

    An existing image is reused, unless it belongs to a run and `labels` asks for one to keep; then it is rebuilt.
    """
    name = current_name()
    with _build_lock(), tempfile.TemporaryDirectory() as folder:
        existing = _labels(client, name)
        if existing is None or (LABEL in existing and LABEL not in labels):
            logger.info("sandbox: building the image {} (once, about half a minute)", name)
            archive = Path(folder) / "root.tar"
            write_root(archive)
            changes = [*(f'LABEL "{key}"="{value}"' for key, value in labels.items()), f"CMD {json.dumps(ENTRY)}"]
            repository, tag = name.split(":")
            if existing is None and _labels(client, name) is not None:  # another user has built it meanwhile
                return name
            client.api.import_image(str(archive), repository=repository, tag=tag, changes=changes)
            if _labels(client, name) is None:
                raise RuntimeError(f"the engine took the archive, but has no image {name}")
    return name


def current_name() -> str:
    """Return the image's name, tagged with a digest of its content (Python, package versions, project code)."""
    state = hashlib.sha256(f"2 {sys.version}\n".encode())
    for name, version in sorted((d.name.lower(), d.version) for d in _distributions()):
        state.update(f"{name} {version}\n".encode())
    for place, path in sorted(_project_files()):
        state.update(f"{place} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"{REPOSITORY}:{state.hexdigest()[:12]}"


def run_label() -> str:
    """Return the label of images built here: the live workflow run of this process, or else the process itself."""
    label = os.environ.get(RUN, "")
    return (
        label if label and label.split("/")[0] == process_label().split("/")[0] and is_alive(label) else process_label()
    )


def sweep(client: Any, also: str | None = None) -> list[str]:
    """Remove the containers and images of dead processes, and of the process `also`; return their names."""
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
                if error.status_code != 409:  # another run uses it; a later sweep removes it
                    raise
    return removed


def remove_container(client: Any, container: str) -> None:
    """Remove a container, which may be gone or in removal already."""
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
    """Return the labels of an image, or None if it does not exist."""
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
    """Write the image's root file system as a tar: interpreter, packages, linked libraries and this project's code."""
    files = dict(_project_files()) | dict(_interpreter_files())
    for distribution in _distributions():
        files |= dict(_package_files(distribution))
    files |= _libraries(files)
    links = {
        "usr/bin/python3": f"/opt/python/bin/{_PYTHON}",
        f"{_LIBRARY}/dist-packages": "site-packages",  # Debian's Python searches this folder
    }
    texts = {"etc/passwd": "sandbox:x:64123:64123::/nonexistent:/bin/false\n", "etc/group": "sandbox:x:64123:\n"}
    folders = {str(parent) for name in (*files, *links, *texts) for parent in PurePosixPath(name).parents}
    with tarfile.open(archive, "w") as tar:
        # List every folder, because engines create missing ones with unusual modes.
        for folder in sorted({*folders, *_FOLDERS} - {"."}):
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
    """Yield the interpreter and its standard library."""
    yield f"opt/python/bin/{_PYTHON}", Path(sys.executable).resolve()
    standard = Path(sysconfig.get_path("stdlib"))
    for folder, folders, names in os.walk(standard):
        folders[:] = [name for name in folders if name not in _EXCLUDED and not name.startswith("config-")]
        for name in names:
            path = Path(folder, name)
            yield f"{_LIBRARY}/{path.relative_to(standard).as_posix()}", path


def _distributions() -> list[importlib.metadata.Distribution]:
    """Return the packages listed in RECIPE and their dependencies."""
    distributions: dict[str, importlib.metadata.Distribution] = {}
    names = [line.strip() for line in RECIPE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in distributions:
            continue
        distributions[name] = importlib.metadata.distribution(name)
        needed = map(Requirement, distributions[name].requires or [])
        names += [need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]
    return list(distributions.values())


def _package_files(distribution: importlib.metadata.Distribution) -> Iterator[tuple[str, Path]]:
    for file in distribution.files or []:
        path = Path(str(distribution.locate_file(file)))
        if ".." not in file.parts and not _EXCLUDED.intersection(file.parts) and path.is_file():
            yield f"{_LIBRARY}/site-packages/{file.as_posix()}", path


def _libraries(files: dict[str, Path]) -> dict[str, Path]:
    """Return the system libraries that the files link to, at the paths where the loader searches."""
    programs = [str(path) for name, path in files.items() if ".so" in path.name or name.startswith("opt/python/bin/")]
    libraries: dict[str, Path] = {}
    for start in range(0, len(programs), 100):
        ldd = ["ldd", *programs[start : start + 100]]  # exit status 1 if one of them is statically linked
        listing = subprocess.run(ldd, capture_output=True, text=True, check=False).stdout
        for name in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listing, re.MULTILINE):
            path = Path(os.path.normpath(name))
            if "site-packages" not in path.parts:  # packages contain their own
                libraries[str(path).lstrip("/")] = path
    system = next(name for name in libraries if PurePosixPath(name).name.startswith("libc.so")).rsplit("/", 1)[0]
    # libpython's path depends on the interpreter's build; move it to the system's folder.
    return {
        f"{system}/{path.name}" if path.name.startswith("libpython") else name: path for name, path in libraries.items()
    }
