"""Deep, locked, linked and oddly named folders are removed; the targets of links stay."""

import os
from pathlib import Path

from tabletutor.sandbox.guest import leftovers


def test_everything_goes_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    folder = tmp_path / "scratch"
    folder.mkdir()
    home = Path.cwd()
    try:
        os.chdir(folder)
        for _ in range(3000):  # beyond the longest path and the recursion limit
            Path("d").mkdir()
            os.chdir("d")
    finally:
        os.chdir(home)
    (folder / "link").symlink_to(kept)
    (folder / "broken").symlink_to("nowhere")
    for number in range(50):
        (folder / f".removed-{number}" / "x" / "y").mkdir(parents=True)
    (folder / "locked" / "inner").mkdir(parents=True)
    (folder / "locked" / "inner" / "file").write_text("y")
    os.mkfifo(folder / "pipe")
    for name in ("locked/inner", "locked", "."):
        (folder / name).chmod(0)
    leftovers.remove_tree(str(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]
    assert (kept / "file").read_text() == "x"
    leftovers.remove_tree(str(folder))  # a missing folder is no error
