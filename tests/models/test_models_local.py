"""Models in a local folder: errors name missing files, and a job notices a changed file."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tabletutor.config.models import LocalModelConfig
from tabletutor.models.local import local_folder, missing_files
from tabletutor.records.files import sha256_file
from tabletutor.workflow.setup import model_file_lookup

NAMES = ["chat_template.jinja", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]


def folder_with(folder: Path, names: list[str]) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_text("{}")
    return folder


def test_a_job_counts_by_the_content_of_the_files_of_its_local_model(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model", [*NAMES, "README.md", "training.log"])
    models = {
        "near": {"source": "local", "path": str(folder)},
        "none": {"source": "local", "path": str(tmp_path / "none")},
        "tiny": {"source": "scratch"},
    }
    local_model = model_file_lookup(models)
    content = {str(folder / name): sha256_file(folder / name) for name in NAMES}
    assert local_model(SimpleNamespace(model="near")) == content
    assert local_model(SimpleNamespace(model="none")) == {}
    assert local_model(SimpleNamespace(model="tiny")) == {}


def test_a_missing_folder_is_an_error_that_says_where_to_put_the_model(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=rf"no model folder {tmp_path}/none: put a model .* into {tmp_path}/none"
    ):
        local_folder(LocalModelConfig(source="local", path=str(tmp_path / "none")))


def test_what_a_folder_lacks_is_named_all_at_once(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model", ["config.json"])
    with pytest.raises(FileNotFoundError, match=r"holds no \*\.safetensors, tokenizer\*: put a model"):
        local_folder(LocalModelConfig(source="local", path=str(folder)))


@pytest.mark.parametrize("index", ["[", "[]", '{"weight_map": 3}', "{}"])
def test_an_index_that_is_none_is_named(tmp_path: Path, index: str) -> None:
    folder = folder_with(tmp_path / "model", NAMES)
    (folder / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ValueError, match=r"model\.safetensors\.index\.json: not an index of weights"):
        missing_files(folder)
