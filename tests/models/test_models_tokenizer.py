"""Trained tokenizers: every text decodes to itself, and the same texts give the same bytes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.load import load_tokenizer
from tabletutor.models.tokenizer import SPECIAL, train_tokenizer

ROOT = Path(__file__).parents[2]
CORPUS = sorted((ROOT / "tests" / "data" / "corpus").glob("*.txt"))  # English prose, and cells with their output
KINDS = ("byte_bpe", "sentencepiece", "character")
TEXTS = [
    "You analyse df step by step.\n```python\nif x:\n    submit(df['a'].mean())\n```",
    "\tcount = 30 517, share = 0.25\n",
    "a ▁ stands for a space in SentencePiece, and <0x41> for a byte",
]
# Texts that look like markup, or have another meaning in one of the tokenizers.
SPELLED = (
    *SPECIAL,
    "<unk>",
    "<0x41>",
    "<0x00>",
    "▁",
    "▅",
    "Ġ",
    "Ċ",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "0",
    "²",
    "٣",
    "🙂",
)
ANY = st.lists(st.one_of(st.text(max_size=10), st.sampled_from(SPELLED)), max_size=8).map("".join)


def config(kind: str, vocabulary: int = 420) -> ScratchModelConfig:
    return ScratchModelConfig.model_validate({"source": "scratch", "tokenizer": kind, "vocabulary": vocabulary})


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tokenizer of each kind, loaded from its files."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    train_tokenizer(config(request.param), TEXTS).save_pretrained(str(folder))
    (folder / "config.json").write_text('{"model_type": "llama"}')
    return load_tokenizer(folder)


@given(text=ANY)
@example(text="".join(SPELLED))
@settings(deadline=None, max_examples=300)
def test_every_text_comes_back_and_none_is_markup(tokenizer: Any, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
    assert tokenizer.decode(ids) == text
    assert not set(ids) & set(tokenizer.all_special_ids)


@given(text=ANY.filter(lambda text: not any(special in text for special in SPECIAL)))
@settings(deadline=None)
def test_a_text_without_markup_needs_no_option(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_markup_is_one_token_each_and_all_fit_the_vocabulary(tokenizer: Any) -> None:
    ids = tokenizer("".join(SPECIAL), add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == list(SPECIAL)
    assert max(tokenizer.get_vocab().values()) < 420


def test_digits_are_tokens_of_their_own(tokenizer: Any) -> None:
    ids = tokenizer("30517", add_special_tokens=False)["input_ids"]
    assert [tokenizer.decode([token]) for token in ids] == list("30517")


@pytest.mark.parametrize("kind", ["byte_bpe", "sentencepiece"])
@pytest.mark.parametrize("wanted", [360, 400, 480])
def test_there_are_as_many_tokens_as_asked_where_the_texts_give_them(kind: str, wanted: int) -> None:
    texts = [path.read_text(encoding="utf-8") for path in CORPUS]
    assert len(train_tokenizer(config(kind, wanted), texts)) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_fewer_where_they_do_not(kind: str) -> None:
    assert len(train_tokenizer(config(kind, 5000), ["a b a b a b"])) < 400


def test_a_character_tokenizer_has_the_characters_it_saw() -> None:
    tokenizer = train_tokenizer(config("character"), ["añb", "\n"])
    ids = tokenizer("ab\nñ€", add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["a", "b", "\n", "ñ", "<0xE2>", "<0x82>", "<0xAC>"]
    assert len(tokenizer) == len(SPECIAL) + 256 + 4


@pytest.mark.parametrize("kind", ["sentencepiece", "character"])
def test_too_many_characters_are_an_error_that_says_so(kind: str) -> None:
    with pytest.raises(ValueError, match=r"models\.<name>\.vocabulary"):
        train_tokenizer(config(kind, 300), ["".join(map(chr, range(0x4E00, 0x4E80)))])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("texts", [[], ["", ""]])
def test_no_text_is_an_error(kind: str, texts: list[str]) -> None:
    with pytest.raises(ValueError, match="no text"):
        train_tokenizer(config(kind), texts)


def test_texts_of_blanks_are_an_error_of_sentencepiece() -> None:
    with pytest.raises(ValueError, match="nothing but line feeds"):
        train_tokenizer(config("sentencepiece"), ["\n\t\n"])


TRAIN = """
import sys
from pathlib import Path
from tabletutor.config.models import ScratchModelConfig
from tabletutor.models.scratch import make_scratch

folder, kinds = Path(sys.argv[1]), sys.argv[2].split(",")
texts = [Path(path).read_text(encoding="utf-8") for path in sys.argv[3:]]
for kind in kinds:
    config = ScratchModelConfig.model_validate({"source": "scratch", "tokenizer": kind, "hidden": 8, "heads": 1})
    (folder / kind).mkdir()
    make_scratch(config, texts, 0, folder / kind)
"""


@pytest.mark.slow
def test_same_texts_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    made: list[dict[str, bytes]] = []
    for threads in ("1", "4"):
        folder = tmp_path / threads
        folder.mkdir()
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "scripts"),
            "PYTHONHASHSEED": threads,
            "TOKENIZERS_PARALLELISM": "false" if threads == "1" else "true",
            "RAYON_NUM_THREADS": threads,
            "OMP_NUM_THREADS": threads,
        }
        command = [sys.executable, "-c", TRAIN, str(folder), ",".join(KINDS), *map(str, CORPUS)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        made.append({str(path.relative_to(folder)): path.read_bytes() for path in files})
    assert {name.partition("/")[0] for name in made[0]} == set(KINDS)
    assert made[0] == made[1]
