"""Run two steps of TRL's process reward trainer on an unchanged file; write what it trained on and its losses.

python trl_prm.py ROWS MODEL OUTPUT
"""

import json
import sys
from pathlib import Path
from typing import Any

import trl
from datasets import load_dataset
from transformers import AutoModelForTokenClassification, AutoTokenizer
from trl.experimental.prm import PRMConfig, PRMTrainer

rows, model, output = sys.argv[1:]
folder = Path(output).parent
tokenizer: Any = AutoTokenizer.from_pretrained(model)
judge: Any = AutoModelForTokenClassification.from_pretrained(model, num_labels=2, dtype="float32")
arguments = PRMConfig(
    output_dir=str(folder), step_separator="\x1e", max_length=None, max_steps=2, per_device_train_batch_size=4,
    logging_steps=1, save_strategy="no", report_to=[], use_cpu=True, bf16=False, disable_tqdm=True,
)  # fmt: skip
data: Any = load_dataset("json", data_files=rows, split="train", cache_dir=str(folder / "cache"))
trainer = PRMTrainer(judge, args=arguments, train_dataset=data, processing_class=tokenizer)
trainer.train()
seen = [
    [(tokenizer.decode([token]), label) for token, label in zip(row["input_ids"], row["labels"], strict=True)]
    for row in trainer.train_dataset
]
report = {
    "version": trl.__version__,
    "labels": [[label for _, label in row if label != -100] for row in seen],
    "labelled": sorted({token for row in seen for token, label in row if label != -100}),
    "texts": [tokenizer.decode(row["input_ids"]) for row in trainer.train_dataset],
    "losses": [entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
}
Path(output).write_text(json.dumps(report))
