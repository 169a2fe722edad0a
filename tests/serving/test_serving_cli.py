"""`tabletutor serve`, run as users run it, and how it finds weights."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from openai import OpenAI

from tabletutor.cli.serve import find_weights, open_server
from tabletutor.serving.server import is_loopback
from tests.support.serving import running_server

COMMAND = Path(sys.executable).with_name("tabletutor")
PROJECT = """
project: p
results: RESULTS
formats: {orm-pairs: {}}
models: {base: {source: scratch}}
runs:
  untuned: {model: base}
  tuned: {model: base, training: {}}
  sampled: {model: base, weights_from: tuned, sampling: {}}
  judge: {model: base, training: {method: reward, format: orm-pairs}}
  best: {model: base, best_of: {run: sampled}}
reporting: {baseline: untuned, candidate: tuned}
"""


@pytest.mark.slow
def test_a_folder_is_served_until_ctrl_c(model: Any, folder: Path) -> None:
    command = [COMMAND, "serve", str(folder), "--host", "0.0.0.0", "--port", "0", "--batch", "2", "--max-context", "99"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as served:
        assert served.stdout is not None
        line = served.stdout.readline()
        found = re.fullmatch(r"serving (\S+) at (http://0\.0\.0\.0:\d+/v1)\n", line)
        assert found, line
        with OpenAI(base_url=found[2], api_key="none") as client:
            asked: list[Any] = [{"role": "user", "content": "a"}]
            reply = client.chat.completions.create(model=found[1], messages=asked)
            assert reply.choices[0].message.role == "assistant"
            assert [each.model_extra for each in client.models.list()] == [{"max_model_len": 99}]
            served.send_signal(signal.SIGINT)
            output, errors = served.communicate(timeout=20)
    assert served.returncode == 130
    assert output == ""
    assert errors.startswith("0.0.0.0 can be reached from other machines, and there is no authentication")
    assert "Traceback" not in errors
    assert "tokens read" in errors


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, files in {
        "models/base": ["model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json"],
        "checkpoints/tuned": ["adapter_model.safetensors", "adapter_config.json"],
    }.items():
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        for file in [*files, "chat_template.jinja"]:
            (folder / file).touch()
    (tmp_path / "p.yaml").write_text(PROJECT.replace("RESULTS", str(tmp_path / "results")))
    return tmp_path


@pytest.mark.parametrize(
    ("target", "trained"), [("base", None), ("untuned", None), ("tuned", "tuned"), ("sampled", "tuned")]
)
def test_runs_and_models_have_the_weights_that_they_answer_with(
    project: Path, target: str, trained: str | None
) -> None:
    checkpoint = trained and project / "results" / "checkpoints" / trained
    assert find_weights(target, project / "p.yaml") == (target, project / "results/models/base", checkpoint)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("tune", "p.yaml, and no folder; did you mean tuned?"),
        ("judge", "judge: this run trains a judge, which does not answer"),
        ("best", "best: this run reads the attempts of sampled; serve that run"),
        ("{}/results", "results: not a model folder, it holds no config.json, *.safetensors, tokenizer*"),
        ("{}/results/checkpoints/tuned", "tuned: holds an adapter without its model; name the run that trained it"),
    ],
)
def test_what_cannot_be_served_is_refused(project: Path, target: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        find_weights(target.format(project), project / "p.yaml")


def test_weights_that_are_not_built_are_named_with_the_command(project: Path) -> None:
    file = project / "results/checkpoints/tuned/adapter_model.safetensors"
    file.unlink()
    with pytest.raises(ValueError, match=f"{file}: no such file; build it with: snakemake .* {file} --configfile"):
        find_weights("tuned", project / "p.yaml")
    with pytest.raises(ValueError, match=r"tuned: no such folder; a run or a model needs its project, and /none\.yaml"):
        find_weights("tuned", Path("/none.yaml"))


def test_a_port_in_use_is_an_error_that_names_it(model: Any, folder: Path) -> None:
    with running_server(model, folder) as url:
        port = int(url.removesuffix("/v1").rpartition(":")[2])
        weights = find_weights(str(folder), Path("/none.yaml"))
        with pytest.raises(OSError, match=rf"cannot listen on 127\.0\.0\.1, port {port} \(.*\); choose another --host"):
            open_server(weights, "127.0.0.1", port, 2, None)
        with pytest.raises(ValueError, match=r"--max-context 513: the model .* has 512 positions"):
            open_server(weights, "127.0.0.1", port, 2, 513)
    torch.set_num_threads(1)  # as before, for the tests after this one


def test_loopback_addresses_are_known() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "example.org")] == [
        True,
        True,
        True,
        False,
        False,
    ]
