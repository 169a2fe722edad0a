"""Conventions for rules, scripts and lock files."""

import ast
import hashlib
import importlib
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tabletutor.workflow.identity.code import closure
from tabletutor.workflow.reproduce import copy_checkout

ROOT = Path(__file__).parents[2]
RULES = sorted(path for path in (ROOT / "rules").glob("*.smk") if path.name != "common.smk")
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_name_their_script_and_its_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.match(r'"""[^"]*\n\nNeeds   .*\nMakes   .*\nSteps   ', text)
    assert not re.search(r"\blambda\b|\brun:|config\[", text)
    for rule in re.split(r"^(?:use )?rule ", text, flags=re.MULTILINE)[1:]:
        name = rule.split(":", 1)[0]
        if re.match(r"\w+ as \w+ with:", rule):  # the script and its code are those of another rule
            continue
        assert re.match(r'\w+:\n    """', rule), f"{name}: no docstring"
        assert f'"../scripts/{name}.py"' in rule
        assert f'code=code("{name}.py")' in rule
        (parameters,) = re.findall(r"^    params:\n((?:        .*\n)+)", rule, re.MULTILINE)
        assert "within=config" not in parameters, f"{name}: a parameter that does not affect the result"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_are_thin(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^with job\(snakemake(, shares=True)?\)( as here)?:$", text, re.MULTILINE)
    work = ast.parse(text).body[-1]
    assert isinstance(work, ast.With)
    assert sum(isinstance(node, ast.stmt) for node in ast.walk(work)) <= 8
    logic = ast.If | ast.For | ast.While | ast.Try | ast.FunctionDef | ast.Lambda | ast.comprehension
    assert not [node for node in ast.walk(work) if isinstance(node, logic)]
    assert any(f"rule {path.stem}:" in rules.read_text(encoding="utf-8") for rules in RULES)


@pytest.mark.parametrize(
    ("script", "knobs"),
    [
        ("table.py", {"nearest", "section", "tables"}),
        ("episodes.py", {"section", "episodes", "sandbox"}),
        ("checkpoint.py", {"section", "training"}),
        ("report.py", {"section"}),
    ],
)
def test_a_rule_depends_on_the_knobs_of_its_own_stage(script: str, knobs: set[str]) -> None:
    """So a new training setting rebuilds no table, and a change of the public API rebuilds nothing."""
    keys = [entry.key for entry in closure(script).entries if entry.kind == "code"]
    assert {key.split(".")[2] for key in keys if key.startswith("tabletutor.config.")} == knobs
    assert [key for key in keys if key.startswith(("tabletutor.api", "tabletutor.__getattr__"))] == []


def test_calls_with_more_than_six_arguments_name_them() -> None:
    variadic = {"pl.format", "logging.LogRecord", "_table"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node.func)}"
        for path in (ROOT / "scripts").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and len(node.args) > 6 and ast.unparse(node.func) not in variadic
    ]
    assert found == []


def test_functions_of_three_or_more_paths_take_them_by_name() -> None:
    """Then no call can swap two of them by mistake."""
    found: list[str] = []
    for path in (ROOT / "scripts" / "tabletutor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                paths = {
                    argument.arg: argument in node.args.args
                    for argument in (*node.args.args, *node.args.kwonlyargs)
                    if argument.annotation and re.match(r"(?!Callable).*\bPath\b", ast.unparse(argument.annotation))
                }
                positional = [name for name, by_place in paths.items() if by_place]
                if len(paths) > 2 and len(positional) > 1:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}: {', '.join(positional)}")
    assert found == []


def test_a_copied_checkout_has_nothing_that_git_ignores(tmp_path: Path) -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    for name in ["Snakefile", *(line.replace("*", "x") for line in ignored if line and not line.startswith("#"))]:
        (tmp_path / "source" / name).mkdir(parents=True)
    copy_checkout(tmp_path / "source", tmp_path / "copy")
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["Snakefile"]


def test_the_path_from_a_csv_to_the_report_is_ten_functions_that_scripts_call() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    path = re.findall(r"^\| `(\w+(?:\.\w+)+)\.(\w+)` \|", page, re.MULTILINE)
    assert len(path) == 10
    called = "".join(script.read_text(encoding="utf-8") for script in (ROOT / "scripts").glob("*.py"))
    for module, function in path:
        assert callable(getattr(importlib.import_module(f"tabletutor.{module}"), function))
        assert f"{function}(" in called


def test_common_is_short() -> None:
    assert len((ROOT / "rules" / "common.smk").read_text(encoding="utf-8").splitlines()) <= 50


def test_the_conda_environment_follows_the_lock_file() -> None:
    digest = hashlib.sha256((ROOT / "envs" / "requirements.lock").read_bytes()).hexdigest()
    assert f"# lock: {digest}\n" in (ROOT / "envs" / "workflow.post-deploy.sh").read_text(encoding="utf-8")


def test_the_lock_file_has_everything_asked_for_at_one_version() -> None:
    lines = (ROOT / "envs" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    asked = (ROOT / "envs" / "requirements.in").read_text(encoding="utf-8").splitlines()
    names = {re.split(r"[=<>\[ #]", line)[0].lower() for line in asked if line and not line.startswith("#")}
    assert names - {re.sub(r"[-_.]+", "-", name).lower() for name in pins} == set()
    assert not any("+" in version for version in pins.values())


@pytest.mark.slow
def test_what_is_asked_for_is_imported_or_says_why() -> None:
    imported: set[str] = set()
    for path in (*(ROOT / "scripts").rglob("*.py"), *(ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            imported |= {name.split(".")[0] for name in names}
    brought = {
        re.sub(r"[-_.]+", "-", name).lower()
        for module, names in packages_distributions().items()
        if module in imported
        for name in names
    }
    asked = (ROOT / "envs" / "requirements.in").read_text(encoding="utf-8").splitlines()
    silent = [re.split(r"[=<>\[]", line)[0] for line in asked if line and "#" not in line]
    assert [name for name in silent if name.lower() not in brought] == []
