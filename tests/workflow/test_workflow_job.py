"""`with job(snakemake)`, in a new process as Snakemake starts it."""

import subprocess
import sys
from pathlib import Path

import tabletutor

SCRIPTS = Path(tabletutor.__file__).parents[1]
SCRIPT = """
import types
from pathlib import Path
from loguru import logger
from tabletutor.workflow.job import job

snakemake = types.SimpleNamespace(
    log=["{log}"], rule="tables", wildcards={{"table": "a<b>{{c}}"}}, scriptdir="{scriptdir}",
    input={{}}, output=[], params={{}},
    config={{"results": "results", "cache": "elsewhere", "sandbox": {{"sessions": 3, "soft_seconds": 1.0}}}},
)
with job(snakemake) as here:
    logger.info("reading {{}}", "x")
    logger.debug("detail")
    {body}
"""


def run(tmp_path: Path, body: str, scriptdir: Path = SCRIPTS) -> tuple[subprocess.CompletedProcess[str], str]:
    log = tmp_path / "logs" / "tables" / "a.log"
    script = SCRIPT.format(log=log, body=body, scriptdir=scriptdir)
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    return done, log.read_text()


def test_what_counts_comes_from_the_parameters_and_the_rest_from_the_configuration(tmp_path: Path) -> None:
    body = (
        "from tabletutor.config.sandbox import SandboxConfig; "
        "made = here.section(SandboxConfig, 'sandbox', {'soft_seconds': 2.0}); "
        "logger.info(f'{made.sessions} {made.soft_seconds} {here.cache}')"
    )
    done, _ = run(tmp_path, body)
    assert done.stderr.splitlines()[-1] == "tables a<b>{c}: 3 2.0 elsewhere"


def test_messages_go_to_console_and_log_file(tmp_path: Path) -> None:
    done, log = run(tmp_path, "pass")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "tables a<b>{c}: reading x\n"
    assert "INFO" in log
    assert "detail" in log


def test_an_error_of_the_user_is_one_message(tmp_path: Path) -> None:
    done, log = run(tmp_path, 'raise ValueError("t.csv:3: no such column")')
    assert done.returncode == 1
    last = done.stderr.splitlines()[1:]
    assert last == ["tables a<b>{c}: t.csv:3: no such column", f"(full traceback: {tmp_path}/logs/tables/a.log)"]
    assert "Traceback (most recent call last)" in log


def test_a_fault_of_the_program_shows_its_type(tmp_path: Path) -> None:
    done, log = run(tmp_path, "None.x")
    assert done.returncode == 1
    assert "AttributeError: 'NoneType' object has no attribute 'x'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in log


def test_a_full_disk_comes_with_what_to_do(tmp_path: Path) -> None:
    body = "import tabletutor.records.files as f\n    with f.naming('results/x'): Path('/dev/full').write_text('x')"
    done, _ = run(tmp_path, body)
    message = "results/x: No space left on device; make room, and run the same command again: finished work is kept"
    assert done.stderr.splitlines()[1] == f"tables a<b>{{c}}: {message}"


def test_the_package_of_another_checkout_is_refused(tmp_path: Path) -> None:
    done, _ = run(tmp_path, 'print("ran")', scriptdir=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "run `make env` in this checkout" in done.stderr


def test_control_characters_of_the_data_are_escaped_in_console_and_log_file(tmp_path: Path) -> None:
    done, log = run(tmp_path, r"raise ValueError('t.csv:3: \x1b[2J\x07 a\u202eb\r is no name')")
    assert done.returncode == 1
    assert r"t.csv:3: \x1b[2J\x07 a\u202eb\r is no name" in done.stderr
    assert r"\x1b[2J\x07 a\u202eb\r is no name" in log
    assert [text for text in (done.stderr, log) for mark in "\x1b\x07\r\u202e" if mark in text] == []
