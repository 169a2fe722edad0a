"""Load, convert and tokenise a data folder with LLaMA-Factory's own code, and write what it would train.

python llamafactory_rows.py DATA MODEL OUTPUT
"""

import json
import sys
from pathlib import Path
from typing import Any

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.extras.constants import IGNORE_INDEX
from llamafactory.extras.env import VERSION
from llamafactory.hparams import DataArguments, ModelArguments
from transformers import AutoTokenizer, Seq2SeqTrainingArguments

data, model, output = sys.argv[1:]
tokenizer: Any = AutoTokenizer.from_pretrained(model)
training: Any = Seq2SeqTrainingArguments(output_dir=str(Path(output).parent), use_cpu=True)
report: dict[str, Any] = {"version": VERSION, "datasets": {}}


def spans(labels: list[int]) -> list[str]:
    """Return the texts of the contiguous spans of trained tokens."""
    found: list[list[int]] = [[]]
    for label in labels:
        if label != IGNORE_INDEX:
            found[-1].append(label)
        elif found[-1]:
            found.append([])
    return [tokenizer.decode(each) for each in found if each]


for name, entry in json.loads((Path(data) / "dataset_info.json").read_text()).items():
    stage = "rm" if entry.get("ranking") else "kto" if "kto_tag" in entry["columns"] else "sft"
    arguments = DataArguments(
        dataset=name, dataset_dir=data, template="chatml", cutoff_len=100_000, overwrite_cache=True
    )
    template = get_template_and_fix_tokenizer(tokenizer, arguments)
    loading = ModelArguments(model_name_or_path=model, cache_dir=str(Path(output).parent / "cache"))
    rows = get_dataset(template, loading, arguments, training, stage, tokenizer)["train_dataset"]
    columns = {"sft": ["labels"], "rm": ["chosen_labels", "rejected_labels"], "kto": ["labels"]}[stage]
    inputs = {"sft": "input_ids", "rm": "chosen_input_ids", "kto": "input_ids"}[stage]
    report["datasets"][name] = {
        "stage": stage,
        "whole": [tokenizer.decode(row[inputs]) for row in rows],
        "trained": [[spans(row[column]) for column in columns] for row in rows],
        "labels": [row["kto_tags"] for row in rows] if stage == "kto" else [],
    }
Path(output).write_text(json.dumps(report))
