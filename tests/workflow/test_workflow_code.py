"""The identity of code: which edits change it, and which do not."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabletutor.workflow.identity.code import LOCK, SCRIPTS, Closure, closure
from tabletutor.workflow.identity.syntax import canonical, facts

SOURCES = {
    "questions.py": "from tabletutor.ask.draw import draw\n\ndraw(1)\n",
    "other.py": "import json\n",
    "tabletutor/__init__.py": "",
    "tabletutor/workflow/context.py": "ENVIRONMENT = {}\n",
    "tabletutor/ask/__init__.py": '"""Ask."""\n',
    "tabletutor/ask/draw.py": (
        '"""Draw."""\nimport os\nimport json\nfrom ..base import text\n\n'
        'def draw(n):\n    """Draw n."""\n    from tabletutor.late import late\n    return late(text.T + n)  # sum\n'
    ),
    "tabletutor/ask/words.txt": "one\n",
    "tabletutor/ask/forms/deep.txt": "deep\n",
    "tabletutor/base/__init__.py": "",
    "tabletutor/base/text.py": (
        "import numpy as np\nimport pandas as pd\nT = pd.NA\nU = np.nan\n\ndef unrelated():\n    return U\n"
    ),
    "tabletutor/base/apart.py": "A = 1\n",
    "tabletutor/late.py": "def late(x):\n    return x\n\nclass Later:\n    pass\n",
    "tabletutor/child.py": "C = 1\n",
}
PINS = "# comment\npandas==3.1.1\nPyYAML==6.0.3\nnumpy==2.4.6\nscipy==1.16.0\n"
DRAW = "tabletutor/ask/draw.py"
TEXT = "tabletutor/base/text.py"
LATE = "tabletutor/late.py"


def closure_of(folder: Path, changes: dict[str, str] | None = None, pins: str = PINS) -> Closure:
    for name, content in {f"scripts/{path}": text for path, text in {**SOURCES, **(changes or {})}.items()}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / LOCK).parent.mkdir(exist_ok=True)
    (folder / LOCK).write_text(pins)
    return closure("questions.py", folder / "scripts")


def keys(reached: Closure, kind: str) -> set[str]:
    return {entry.key for entry in reached.entries if entry.kind == kind}


def digest_changes(
    tmp_path: Path, changes: dict[str, str], base: dict[str, str] | None = None, pins: str = PINS
) -> bool:
    """Return whether `changes`, made to the sources with `base`, change the digest."""
    before = closure_of(tmp_path / "a", base)
    after = closure_of(tmp_path / "b", {**(base or {}), **changes}, pins)
    return before.digest() != after.digest()


def test_everything_on_the_way_is_reached_and_nothing_else(tmp_path: Path) -> None:
    reached = closure_of(tmp_path)
    assert keys(reached, "code") == {
        "scripts/questions.(at import)",
        "tabletutor.ask.draw.draw",
        "tabletutor.base.text.T",
        "tabletutor.late.late",
        "tabletutor.workflow.context.ENVIRONMENT",
    }
    assert keys(reached, "file") == set()
    assert keys(reached, "version") == {"pandas", "numpy"}  # pandas uses numpy
    reasons = {entry.key: entry.reason for entry in reached.entries}
    assert reasons["tabletutor.base.text.T"] == "tabletutor.ask.draw.draw"


@pytest.mark.parametrize(
    "changes",
    [
        {DRAW: SOURCES[DRAW].replace("# sum", "# the sum of both")},
        {DRAW: SOURCES[DRAW].replace("return late(text.T + n)", "return late(\n        text.T\n        + n,\n    )")},
        {DRAW: SOURCES[DRAW].replace("import os\nimport json", "import json\nimport os")},
        {DRAW: SOURCES[DRAW].replace('"""Draw n."""', '"""Draw n of them."""')},
        {TEXT: SOURCES[TEXT].replace("return U", "return None")},
        {TEXT: SOURCES[TEXT] + "\n@property\ndef more(): ...\n"},
        {TEXT: SOURCES[TEXT].replace("U = np.nan", "U = np.inf")},
        {LATE: SOURCES[LATE].replace("pass", "x = 1")},
        {"tabletutor/base/apart.py": "A = 2\n", "tabletutor/child.py": "", "other.py": ""},
        {"tabletutor/ask/words.txt": "two\n"},
        {"tabletutor/ask/__init__.py": "X = 1\n"},
    ],
    ids=[
        *("comment", "format", "order of imports", "docstring", "unrelated function", "one more function"),
        *("unrelated constant", "unrelated class", "modules not reached", "data not named", "package"),
    ],
)
def test_form_and_what_is_not_reached_do_not_count(tmp_path: Path, changes: dict[str, str]) -> None:
    assert not digest_changes(tmp_path, changes)


@pytest.mark.parametrize(
    "changes",
    [
        {DRAW: SOURCES[DRAW].replace("text.T + n", "text.T - n")},
        {DRAW: SOURCES[DRAW].replace("def draw(n)", "def draw(n=1)")},
        {DRAW: SOURCES[DRAW].replace("def draw", "@staticmethod\ndef draw")},
        {TEXT: SOURCES[TEXT].replace("T = pd.NA", "T = pd.NaT")},
        {TEXT: SOURCES[TEXT].replace("import pandas as pd", "import numpy as pd")},
        {TEXT: SOURCES[TEXT] + "T.flag = True\n"},
        {TEXT: SOURCES[TEXT] + "T = T or U\n"},
        {LATE: "def late(x):\n    return None\n"},
        {"tabletutor/ask/__init__.py": "import os\nos.umask(0)\n"},
        {"questions.py": "from tabletutor.ask.draw import draw\n\ndraw(2)\n"},
        {"tabletutor/workflow/context.py": "ENVIRONMENT = {'TZ': 'UTC'}\n"},
    ],
    ids=[
        *("operator", "default", "decorator", "constant", "meaning of a name", "act at import", "bound again"),
        *("late import", "package acts", "script", "environment"),
    ],
)
def test_what_it_does_counts(tmp_path: Path, changes: dict[str, str]) -> None:
    assert digest_changes(tmp_path, changes)


@pytest.mark.parametrize(
    ("one", "other"), [("1", "True"), ("1", "1.0"), ("'a'", "b'a'"), ("0.0", "-0.0"), ("(1,)", "[1]")]
)
def test_values_that_are_equal_but_not_the_same_count(tmp_path: Path, one: str, other: str) -> None:
    assert digest_changes(tmp_path, {TEXT: f"T = {other}\n"}, {TEXT: f"T = {one}\n"})


# Code that cannot be followed by name alone: (sources, edit).
UNSEEN = {
    "an act of a module that a function imports and does not name": (
        {LATE: "def late(x):\n    import tabletutor.child\n    return x\n",
         "tabletutor/child.py": "import os\nos.umask(0)\n"},
        {"tabletutor/child.py": "import os\nos.umask(1)\n"},
    ),
    "a value of a module that a function imports": (
        {LATE: "def late(x):\n    from tabletutor import child\n    return child.C\n"},
        {"tabletutor/child.py": "C = 2\n"},
    ),
    "the source, asked of a value": (
        {LATE: "def late(x):\n    return x().getsource(late)  # a\n"},
        {LATE: "def late(x):\n    return x().getsource(late)  # b\n"},
    ),
    "importlib that is passed around": (
        {LATE: "import importlib\ndef late(x):\n    return x(importlib)\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "a subclass in a module that is reached later": (
        {LATE: "from tabletutor import child\ndef late(x):\n    return x.__subclasses__(), child.f\n",
         "tabletutor/child.py": "def f():\n    from tabletutor.base import apart\n    return apart.B\n",
         "tabletutor/base/apart.py": "B = 1\nclass K:\n    y = 1\n"},
        {"tabletutor/base/apart.py": "B = 1\nclass K:\n    y = 2\n"},
    ),
    "an import of a module that is passed around": (
        {LATE: "from tabletutor import child\ndef late(x):\n    return getattr(child, x)\n",
         "tabletutor/child.py": "from tabletutor.base.apart import A\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "an act of the package itself": (
        {"tabletutor/__init__.py": "import os\nos.umask(0)\n"},
        {"tabletutor/__init__.py": "import os\nos.umask(1)\n"},
    ),
    "a value made between two acts or after them": (
        {LATE: "D = {1: 1}\nD[2] = 2\nK = tuple(D)\nD[3] = 3\ndef late(x):\n    return K\n"},
        {LATE: "D = {1: 1}\nD[2] = 2\nD[3] = 3\nK = tuple(D)\ndef late(x):\n    return K\n"},
    ),
    "registered by a decorator of ours": (
        {"tabletutor/base/text.py": "from tabletutor.base import kinds, forms\nT = kinds.KINDS\n",
         "tabletutor/base/kinds.py": "KINDS = {}\ndef kind(f):\n    KINDS[f.__name__] = f\n    return f\n",
         "tabletutor/base/forms.py": "from tabletutor.base.kinds import kind\n@kind\ndef form():\n    return 1\n"},
        {"tabletutor/base/forms.py": "from tabletutor.base.kinds import kind\n@kind\ndef form():\n    return 2\n"},
    ),
    "in a dictionary": (
        {LATE: "def a():\n    return 1\nBY_NAME = {'a': a}\ndef late(x):\n    return BY_NAME[x]()\n"},
        {LATE: "def a():\n    return 2\nBY_NAME = {'a': a}\ndef late(x):\n    return BY_NAME[x]()\n"},
    ),
    "asked of a module by name": (
        {LATE: "from tabletutor.base import apart\ndef late(x):\n    return getattr(apart, x)\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "imported by computed name": (
        {LATE: "from importlib import import_module as get\ndef late(x):\n    return get('tabletutor.base.' + x)\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "imported by computed name, the module first": (
        {LATE: "import importlib\ndef late(x):\n    return importlib.import_module('tabletutor.base.' + x)\n"},
        {"tabletutor/child.py": "C = 2\n"},
    ),
    "run by its name": (
        {LATE: "import subprocess\ndef late(x):\n    subprocess.run(['python', '-m', 'tabletutor.child'])\n"},
        {"tabletutor/child.py": "C = 2\n"},
    ),
    "run by its file": (
        {LATE: "from pathlib import Path\ndef late(x):\n    return Path(__file__).with_name('child.py')\n"},
        {"tabletutor/child.py": "C = 2\n"},
    ),
    "through globals": (
        {LATE: "def hidden():\n    return 1\ndef late(x):\n    return globals()[x]\n"},
        {LATE: "def hidden():\n    return 2\ndef late(x):\n    return globals()[x]\n"},
    ),
    "by a star": (
        {LATE: "from tabletutor.base.apart import *\ndef late(x):\n    return A\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "through another module's import": (
        {LATE: "from tabletutor.child import A\ndef late(x):\n    return A\n",
         "tabletutor/child.py": "from tabletutor.base.apart import A\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "one of two imports": (
        {LATE: "try:\n    from tabletutor.none import A\nexcept ImportError:\n    from tabletutor.base.apart import A\n"
               "def late(x):\n    return A\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "a name that means another function of the same code": (
        {LATE: "from tabletutor.child import f, g\ndef late(x):\n    return f(g)\n",
         "tabletutor/child.py": "def f(x):\n    return 1\ndef g(x):\n    return 2\n"},
        {LATE: "from tabletutor.child import f as g, g as f\ndef late(x):\n    return f(g)\n"},
    ),
    "a subclass that is looked for": (
        {LATE: "import tabletutor.child\nclass Base: pass\ndef late(x):\n    return Base.__subclasses__()\n",
         "tabletutor/child.py": "from tabletutor import late\nclass Child(late.Base):\n    x = 1\n"},
        {"tabletutor/child.py": "from tabletutor import late\nclass Child(late.Base):\n    x = 2\n"},
    ),
    "a subclass that enters itself": (
        {LATE: "class A:\n    def __init_subclass__(cls): ...\nclass B(A):\n    x = 1\ndef late(x):\n    return A\n"},
        {LATE: "class A:\n    def __init_subclass__(cls): ...\nclass B(A):\n    x = 2\ndef late(x):\n    return A\n"},
    ),
    "a docstring that is read": (
        {LATE: "def late(x):\n    'one'\n    return late.__doc__\n"},
        {LATE: "def late(x):\n    'two'\n    return late.__doc__\n"},
    ),
    "what a comprehension goes over": (
        {LATE: "x = [1]\ndef late(_):\n    return [x for x in x]\n"},
        {LATE: "x = [2]\ndef late(_):\n    return [x for x in x]\n"},
    ),
    "a global that another function sets": (
        {LATE: "def set_it():\n    global V\n    V = 1\ndef late(x):\n    return set_it() or V\n"},
        {LATE: "def set_it():\n    global V\n    V = 2\ndef late(x):\n    return set_it() or V\n"},
    ),
    "a method": (
        {LATE: "class A:\n    def f(self):\n        return 1\ndef late(x):\n    return A().f()\n"},
        {LATE: "class A:\n    def f(self):\n        return 2\ndef late(x):\n    return A().f()\n"},
    ),
    "a base class's base": (
        {LATE: "class A:\n    x = 1\nclass B(A): ...\ndef late(x):\n    return B\n"},
        {LATE: "class A:\n    x = 2\nclass B(A): ...\ndef late(x):\n    return B\n"},
    ),
    "a template": (
        {DRAW: "from pathlib import Path\ndef draw(n):\n    return Path(__file__).with_name('words.txt')\n"},
        {"tabletutor/ask/words.txt": "two\n"},
    ),
    "a folder of templates": (
        {DRAW: "from pathlib import Path\ndef draw(n):\n    return Path(__file__).parent / 'forms'\n"},
        {"tabletutor/ask/forms/new.txt": "new\n"},
    ),
    "a resource by computed name": (
        {DRAW: "from importlib import resources\ndef draw(n):\n    return resources.files(__package__) / n\n"},
        {"tabletutor/ask/words.txt": "two\n"},
    ),
    "an import for what it does": (
        {LATE: "import tabletutor.child\ndef late(x):\n    return x\n", "tabletutor/child.py": "print('a')\n"},
        {"tabletutor/child.py": "print('b')\n"},
    ),
    "a subclass that enters itself in a registry, its base not named elsewhere": (
        {LATE: "R = {}\nclass A:\n    def __init_subclass__(cls):\n        R[cls] = 1\nclass B(A):\n"
               "    x = 1\ndef late(x):\n    return R\n"},
        {LATE: "R = {}\nclass A:\n    def __init_subclass__(cls):\n        R[cls] = 1\nclass B(A):\n"
               "    x = 2\ndef late(x):\n    return R\n"},
    ),
    "a class that its metaclass enters": (
        {LATE: "R = []\nclass M(type):\n    def __init__(cls, *a):\n        R.append(cls)\n"
               "class B(metaclass=M):\n    x = 1\ndef late(x):\n    return R\n"},
        {LATE: "R = []\nclass M(type):\n    def __init__(cls, *a):\n        R.append(cls)\n"
               "class B(metaclass=M):\n    x = 2\ndef late(x):\n    return R\n"},
    ),
    "a type named in a string": (
        {LATE: "class A:\n    x = 1\nclass B:\n    a: 'list[A]'\ndef late(x):\n    return B\n"},
        {LATE: "class A:\n    x = 2\nclass B:\n    a: 'list[A]'\ndef late(x):\n    return B\n"},
    ),
    "a type named in a string in brackets": (
        {LATE: "class A:\n    x = 1\nB = dict[str, 'A']\ndef late(x):\n    return B\n"},
        {LATE: "class A:\n    x = 2\nB = dict[str, 'A']\ndef late(x):\n    return B\n"},
    ),
    "the order of what is registered": (
        {LATE: "R = []\ndef k(f):\n    R.append(f)\n    return f\n@k\ndef a(): ...\n@k\ndef b(): ...\n"
               "def late(x):\n    return R\n"},
        {LATE: "R = []\ndef k(f):\n    R.append(f)\n    return f\n@k\ndef b(): ...\n@k\ndef a(): ...\n"
               "def late(x):\n    return R\n"},
    ),
    "a value made before or after an act": (
        {LATE: "D = {1: 1}\nK = tuple(D)\nD[2] = 2\ndef late(x):\n    return K\n"},
        {LATE: "D = {1: 1}\nD[2] = 2\nK = tuple(D)\ndef late(x):\n    return K\n"},
    ),
    "an import before or after an act": (
        {LATE: "import os\nos.umask(0)\nimport tabletutor.child\ndef late(x):\n"
               "    return tabletutor.child.C\n"},
        {LATE: "import os\nimport tabletutor.child\nos.umask(0)\ndef late(x):\n"
               "    return tabletutor.child.C\n"},
    ),
    "a module of a package without __init__": (
        {LATE: "from tabletutor.ns import mod\ndef late(x):\n    return mod.f()\n",
         "tabletutor/ns/mod.py": "def f():\n    return 1\n"},
        {"tabletutor/ns/mod.py": "def f():\n    return 2\n"},
    ),
    "a module of a package without __init__, by its full name": (
        {LATE: "import tabletutor.ns.mod\ndef late(x):\n    return tabletutor.ns.mod.f()\n",
         "tabletutor/ns/mod.py": "def f():\n    return 1\n"},
        {"tabletutor/ns/mod.py": "def f():\n    return 2\n"},
    ),
    "an import of a package that hides its module": (
        {LATE: "from tabletutor.base import apart\ndef late(x):\n    return apart()\n",
         "tabletutor/base/__init__.py": "from .impl import apart\n",
         "tabletutor/base/impl.py": "def apart():\n    return 1\n"},
        {"tabletutor/base/impl.py": "def apart():\n    return 2\n"},
    ),
    "imported by computed name from another package": (
        {DRAW: "import importlib\ndef draw(n):\n    return importlib.import_module('tabletutor.base.' + n)\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "a class by its full name in a string": (
        {LATE: "def late(x):\n    return {'()': 'tabletutor.child.H'}\n",
         "tabletutor/child.py": "class H:\n    x = 1\n"},
        {"tabletutor/child.py": "class H:\n    x = 2\n"},
    ),
    "a module in a command": (
        {LATE: "import subprocess\ndef late(x):\n"
               "    subprocess.run('python -m tabletutor.child --x', shell=True)\n"},
        {"tabletutor/child.py": "C = 2\n"},
    ),
    "a module in code in a string": (
        {LATE: "import subprocess\ndef late(x):\n"
               "    subprocess.run(['python', '-c', 'from tabletutor import child'])\n"},
        {"tabletutor/child.py": "C = 2\n"},
    ),
    "a module's docstring that is read": (
        {LATE: "'''one'''\ndef late(x):\n    return __doc__\n"},
        {LATE: "'''two'''\ndef late(x):\n    return __doc__\n"},
    ),
    "a description that is read": (
        {LATE: "from pydantic import Field\nF = Field(description='a')\ndef late(x):\n"
               "    return F.description\n"},
        {LATE: "from pydantic import Field\nF = Field(description='b')\ndef late(x):\n"
               "    return F.description\n"},
    ),
    "its own source that is read": (
        {LATE: "import inspect\ndef late(x):\n    return inspect.getsource(late)  # a\n"},
        {LATE: "import inspect\ndef late(x):\n    return inspect.getsource(late)  # b\n"},
    ),
    "data by a name that is computed": (
        {DRAW: "from pathlib import Path\ndef draw(n):\n    return Path(__file__).parent / f'{n}.txt'\n"},
        {"tabletutor/ask/words.txt": "two\n"},
    ),
    "data in another folder": (
        {DRAW: "from pathlib import Path\ndef draw(n):\n    return Path(__file__).parent / '../base/w.txt'\n",
         "tabletutor/base/w.txt": "one"},
        {"tabletutor/base/w.txt": "two"},
    ),
    "data below a folder further up": (
        {DRAW: "from pathlib import Path\ndef draw(n):\n"
               "    return Path(__file__).parents[1] / 'base' / 'w.txt'\n",
         "tabletutor/base/w.txt": "one"},
        {"tabletutor/base/w.txt": "two"},
    ),
    "Python code as data": (
        {DRAW: "from pathlib import Path\ndef draw(n):\n    return Path(__file__).parent / 'forms' / n\n"},
        {"tabletutor/ask/forms/cell.py": "x = 1\n"},
    ),
    "a resource of another package": (
        {DRAW: "from importlib import resources\ndef draw(n):\n"
               "    return resources.files('tabletutor.base') / 'w.txt'\n",
         "tabletutor/base/w.txt": "one"},
        {"tabletutor/base/w.txt": "two"},
    ),
    "what another's registry takes": (
        {LATE: "import atexit\n@atexit.register\ndef end():\n    print(1)\ndef late(x):\n    return x\n"},
        {LATE: "import atexit\n@atexit.register\ndef end():\n    print(2)\ndef late(x):\n    return x\n"},
    ),
    "entered by map": (
        {LATE: "R = []\ndef a(): ...\nN = list(map(R.append, [a]))\ndef late(x):\n    return R\n"},
        {LATE: "R = []\ndef a():\n    return 1\nN = list(map(R.append, [a]))\ndef late(x):\n    return R\n"},
    ),
    "a star that hides a name": (
        {LATE: "A = 0\nfrom tabletutor.base.apart import *\ndef late(x):\n    return A\n"},
        {"tabletutor/base/apart.py": "A = 2\n"},
    ),
    "a global under a local of the same name": (
        {LATE: "V = 1\ndef late(V):\n    def g():\n        global V\n        return V\n    return g\n"},
        {LATE: "V = 2\ndef late(V):\n    def g():\n        global V\n        return V\n    return g\n"},
    ),
    "annotations as strings": (
        {LATE: "def late(x: int):\n    return late.__annotations__\n"},
        {LATE: "from __future__ import annotations\ndef late(x: int):\n    return late.__annotations__\n"},
    ),
    "a script that another imports": (
        {"questions.py": "from other import f\nf()\n",
         "other.py": "def f():\n    return 1\n"},
        {"other.py": "def f():\n    return 2\n"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSEEN)
def test_what_cannot_be_followed_by_name_is_not_missed(tmp_path: Path, case: str) -> None:
    base, edit = UNSEEN[case]
    assert digest_changes(tmp_path, edit, base)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "'''one'''\nU = 1\ndef late(x):\n    return __doc__\n",
            "'''one'''\nU = 2\ndef late(x):\n    return __doc__\n",
        ),
        (
            "D = {1: 1}\nD[2] = 2\nU = 1\ndef late(x):\n    return D\n",
            "D = {1: 1}\nD[2] = 2\nV = 1\ndef late(x):\n    return D\n",
        ),
    ],
    ids=["beside a docstring that is read", "after an act"],
)
def test_a_value_that_is_not_reached_does_not_count(tmp_path: Path, one: str, other: str) -> None:
    assert not digest_changes(tmp_path, {LATE: other}, {LATE: one})


@pytest.mark.parametrize(
    "late",
    [
        "def A(): ...\ndef late(A):\n    return A\n",
        "def A(): ...\ndef late(x):\n    A = x\n    return A\n",
        "def A(): ...\ndef late(x):\n    return [A for A in x], lambda A: A\n",
        "def A(): ...\ndef late(x):\n    match x:\n        case [*A]:\n            return A\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import tabletutor.child as A\ndef late(x: A): ...\n",
    ],
    ids=["parameter", "variable", "comprehension", "pattern", "for types only"],
)
def test_a_name_of_a_functions_own_reaches_nothing(tmp_path: Path, late: str) -> None:
    assert not {key for key in keys(closure_of(tmp_path, {LATE: late}), "code") if key.endswith((".A", ".child"))}


def test_locked_versions_count_where_they_are_used(tmp_path: Path) -> None:
    assert digest_changes(tmp_path / "used", {}, pins=PINS.replace("3.1.1", "3.1.0"))
    assert digest_changes(tmp_path / "behind", {}, pins=PINS.replace("2.4.6", "2.4.5"))
    assert not digest_changes(tmp_path / "unused", {}, pins=PINS.replace("1.16.0", "1.16.1"))


def test_a_package_that_is_imported_for_its_effects_counts(tmp_path: Path) -> None:
    reached = closure_of(tmp_path, {LATE: "import json\nimport scipy\ndef late(x):\n    return x\n"})
    assert keys(reached, "version") == {"pandas", "numpy", "scipy"}
    named = closure_of(tmp_path / "named", {LATE: "import scipy\nS = scipy.x\ndef late(x):\n    return x\n"})
    assert keys(named, "version") == {"pandas", "numpy"}, "what names it is not reached"


def test_a_package_is_found_under_the_name_it_is_imported_by(tmp_path: Path) -> None:
    reached = closure_of(tmp_path, {"questions.py": "import yaml\nimport vl_convert\nyaml, vl_convert\n"})
    assert {"pyyaml", "vl-convert-python"} <= keys(reached, "version")


def test_a_fault_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SyntaxError) as caught:
        closure_of(tmp_path, {LATE: "def late(:\n"})
    assert str(caught.value.filename).endswith(LATE)
    with pytest.raises(FileNotFoundError, match=r"nothing\.py: no such script"):
        closure("nothing.py", tmp_path)


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.py")), ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_our_own_code_written_in_another_form_has_one_text(path: Path) -> None:
    tree = ast.parse(path.read_bytes())
    assert canonical(ast.parse(ast.unparse(tree)).body, docstrings=True) == canonical(tree.body, docstrings=True)


@given(names=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6), bound=st.sets(st.sampled_from("abcdef")))
def test_the_free_names_of_a_function_are_those_it_does_not_bind(names: list[str], bound: set[str]) -> None:
    source = f"def f({', '.join(sorted(bound))}):\n    return ({', '.join(names)},)\n"
    assert facts(ast.parse(source).body).names == {(name,) for name in names if name not in bound}


def test_digests_that_are_noted_are_those_of_the_code_as_it_is(tmp_path: Path) -> None:
    """Each in a new process, as a workflow starts."""
    closure_of(tmp_path)

    def digest() -> str:
        program = (
            "import sys; from pathlib import Path; from tabletutor.workflow.identity import code; "
            "print(code._digests(Path(sys.argv[1]), Path(sys.argv[2]))['questions.py'])"
        )
        command = [sys.executable, "-c", program, str(tmp_path / "scripts"), str(tmp_path / "code.json")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    first = digest()
    noted = (tmp_path / "code.json").stat().st_mtime_ns
    assert digest() == first
    assert (tmp_path / "code.json").stat().st_mtime_ns == noted, "taken from the memo"
    (tmp_path / "scripts" / LATE).write_text("def late(x):\n    return 3\n")
    second = digest()
    assert second != first
    (tmp_path / LOCK).write_text(PINS.replace("3.1.1", "3.1.0"))
    assert digest() not in (first, second)
    (tmp_path / "code.json").write_text("{")
    (tmp_path / LOCK).write_text(PINS)
    assert digest() == second
    shadow = tmp_path / "scripts" / "statistics.py"  # a new file that a name may refer to
    shadow.write_text("def mean(values):\n    return 0\n")
    with (tmp_path / "scripts" / "questions.py").open("a") as script:
        script.write("import statistics\nstatistics.mean([1])\n")
    with_shadow = digest()
    shadow.unlink()
    assert digest() not in (second, with_shadow)


def test_an_edit_makes_no_digest_anew_of_code_that_does_not_read_the_file(tmp_path: Path) -> None:
    closure_of(tmp_path)
    scripts, memo = tmp_path / "scripts", tmp_path / "code.json"
    (scripts / "other.py").write_text("import json\njson.loads('1')\n")

    def digests() -> dict[str, str]:
        program = (
            "import json, sys; from pathlib import Path; from tabletutor.workflow.identity import code; "
            "print(json.dumps(code._digests(Path(sys.argv[1]), Path(sys.argv[2]))))"
        )
        command = [sys.executable, "-c", program, str(scripts), str(memo)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    first = digests()
    memo.write_text(memo.read_text().replace(first["other.py"], "as noted"))
    (scripts / LATE).write_text("def late(x):\n    return 4\n")
    assert digests()["other.py"] == "as noted"
    assert digests()["questions.py"] != first["questions.py"]
    (scripts / "other.py").write_text("import json\njson.loads('2')\n")
    assert digests()["other.py"] not in (first["other.py"], "as noted")
