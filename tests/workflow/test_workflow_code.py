"""The identity of code: what changes it, and what does not."""

from pathlib import Path

import pytest

from tabletutor.workflow.code import Closure, closure

MODULES = {
    "questions.py": "from tabletutor.ask.draw import draw\n\ndraw(1)\n",
    "other.py": "import json\n",
    "tabletutor/__init__.py": "",
    "tabletutor/ask/__init__.py": '"""Ask."""\n',
    "tabletutor/ask/draw.py": (
        '"""Draw."""\nimport os\nimport json\nfrom ..base import text\n\n'
        'def draw(n):\n    """Draw n."""\n    from tabletutor.late import late\n    return late(text.T + n)  # sum\n'
    ),
    "tabletutor/ask/words.txt": "one\n",
    "tabletutor/ask/forms/deep.txt": "deep\n",
    "tabletutor/base/__init__.py": "",
    "tabletutor/base/text.py": "import pandas as pd\nT = 1\n",
    "tabletutor/base/apart.py": "A = 1\n",
    "tabletutor/late.py": "def late(x):\n    return x\n",
    "tabletutor/child.py": "C = 1\n",
}
LOCK = "# comment\npandas==3.1.1\nPyYAML==6.0.3\nnumpy==2.4.6\n"


def closure_of(folder: Path, changes: dict[str, str] | None = None, lock: str = LOCK) -> Closure:
    for name, text in {**MODULES, **(changes or {})}.items():
        path = folder / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "requirements.lock").write_text(lock)
    return closure("questions.py", folder / "scripts", folder / "requirements.lock")


def changed(tmp_path: Path, changes: dict[str, str], lock: str = LOCK) -> bool:
    return closure_of(tmp_path / "a").digest() != closure_of(tmp_path / "b", changes, lock).digest()


def test_everything_on_the_way_is_reached(tmp_path: Path) -> None:
    reached = closure_of(tmp_path)
    assert set(reached.modules) == {
        "scripts/questions.py",
        "tabletutor",
        "tabletutor.ask",
        "tabletutor.ask.draw",
        "tabletutor.base",
        "tabletutor.base.text",
        "tabletutor.late",
    }
    assert set(reached.files) == {"tabletutor/ask/words.txt", "tabletutor/ask/forms/deep.txt"}
    assert set(reached.versions) == {"pandas"}
    assert reached.versions["pandas"].startswith("3.1.1")


DRAW = "tabletutor/ask/draw.py"


@pytest.mark.parametrize(
    "draw",
    [
        MODULES[DRAW].replace("# sum", "# the sum of both"),
        MODULES[DRAW].replace("return late(text.T + n)", "return late(\n        text.T\n        + n,\n    )"),
        MODULES[DRAW].replace("import os\nimport json", "import json\nimport os"),
        MODULES[DRAW].replace('"""Draw n."""', '"""Draw n of them."""'),
    ],
    ids=["comment", "format", "order of imports", "docstring"],
)
def test_form_does_not_count(tmp_path: Path, draw: str) -> None:
    assert draw != MODULES[DRAW]
    assert not changed(tmp_path, {DRAW: draw})


@pytest.mark.parametrize(
    "changes",
    [
        {DRAW: MODULES[DRAW].replace("text.T + n", "text.T - n")},
        {DRAW: MODULES[DRAW].replace("def draw(n)", "def draw(n=1)")},
        {"tabletutor/base/text.py": "import pandas as pd\nT = True\n"},
        {"tabletutor/base/text.py": "import pandas as pd\nT = 1.0\n"},
        {"tabletutor/late.py": "def late(x):\n    return None\n"},
        {"tabletutor/ask/__init__.py": "X = 1\n"},
        {"tabletutor/ask/words.txt": "two\n"},
        {"tabletutor/ask/new.html": "new"},
        {"questions.py": "from tabletutor.ask.draw import draw\n\ndraw(2)\n"},
    ],
    ids=[
        "operator",
        "default",
        "bool for int",
        "float for int",
        "late import",
        "package",
        "data",
        "more data",
        "script",
    ],
)
def test_what_it_does_counts(tmp_path: Path, changes: dict[str, str]) -> None:
    assert changed(tmp_path, changes)


def test_modules_that_are_not_reached_do_not_count(tmp_path: Path) -> None:
    assert not changed(tmp_path, {"tabletutor/base/apart.py": "A = 2\n", "tabletutor/child.py": "", "other.py": ""})


def test_locked_versions_count_if_imported(tmp_path: Path) -> None:
    assert changed(tmp_path / "used", {}, LOCK.replace("3.1.1", "3.1.0"))
    assert not changed(tmp_path / "unused", {}, LOCK.replace("2.4.6", "2.4.5"))


def test_a_package_is_found_under_the_name_it_is_imported_by(tmp_path: Path) -> None:
    assert "pyyaml" in closure_of(tmp_path, {"questions.py": "import yaml\n"}).versions


def test_a_module_named_in_a_string_is_reached(tmp_path: Path) -> None:
    script = 'import subprocess\nsubprocess.run(["python", "-m", "tabletutor.child"], check=True)\n'
    assert "tabletutor.child" in closure_of(tmp_path, {"questions.py": script}).modules


def test_a_module_named_as_a_file_beside_it_is_reached(tmp_path: Path) -> None:
    text = 'import pandas as pd\nfrom pathlib import Path\nT = Path(__file__).with_name("apart.py").read_text()\n'
    assert "tabletutor.base.apart" in closure_of(tmp_path, {"tabletutor/base/text.py": text}).modules


def test_import_by_computed_name_reaches_the_whole_package(tmp_path: Path) -> None:
    text = "import importlib\nimport pandas as pd\nT = importlib.import_module('tabletutor.base.' + 'apart')\n"
    assert "tabletutor.base.apart" in closure_of(tmp_path, {"tabletutor/base/text.py": text}).modules


def test_docstrings_count_where_they_are_read(tmp_path: Path) -> None:
    reader = MODULES[DRAW].replace("text.T + n", "draw.__doc__")
    one = closure_of(tmp_path / "a", {DRAW: reader}).digest()
    assert closure_of(tmp_path / "b", {DRAW: reader.replace("Draw n.", "Draw m.")}).digest() != one


def test_a_fault_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError) as caught:
        closure_of(tmp_path, {"tabletutor/late.py": "def late(:\n"})
    assert str(caught.value.filename).endswith("tabletutor/late.py")
    with pytest.raises(FileNotFoundError, match=r"nothing\.py: no such script"):
        closure("nothing.py", tmp_path, tmp_path / "requirements.lock")
