"""Our training loop against TRL's SFTTrainer, same rows, same adapter, same machine, turn about. Not a test:

python tests/benchmarks/training.py RESULTS_FOLDER [ROWS] [ROUNDS]
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from tabletutor.config.schema import LoraConfig, TrainingConfig
from tabletutor.models.load import load_model, load_tokenizer
from tabletutor.training.train import TrainingFiles, train

BATCH, THREADS = 8, 2
LORA = LoraConfig(r=16, alpha=32)
# The model's own template, with the marks by which TRL finds the assistant's turns.
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}{% else %}"
    "{{ message['content'] }}<|im_end|>{% endif %}\n{% endfor %}"
)


def ours(model: Path, rows: Path, work: Path) -> None:
    """One epoch of our loop, without validation rows and intermediate checkpoints."""
    none = work / "none.jsonl"
    none.write_text("")
    files = TrainingFiles(model, rows, none, work / "ours", work / "state")
    config = TrainingConfig(
        lora=LORA, batch_size=BATCH, pack_rows=4, threads=THREADS, eval_every=9999, checkpoint_every=9999
    )
    train(files, config, 0, "benchmark", "benchmark", None)


def theirs(model: Path, rows: Path, work: Path) -> None:
    """One epoch of TRL's trainer on the same rows, in bfloat16, with the loss on the assistant's turns."""
    from datasets import load_dataset
    from peft import LoraConfig as PeftLora
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(False)
    tokenizer: Any = load_tokenizer(model)
    tokenizer.chat_template = TEMPLATE
    data: Any = load_dataset("json", data_files=str(rows), split="train", cache_dir=str(work / "cache"))
    trainer = SFTTrainer(
        model=load_model(model, "bfloat16"),
        processing_class=tokenizer,
        train_dataset=data.select_columns(["messages"]),
        args=SFTConfig(
            output_dir=str(work / "theirs"), per_device_train_batch_size=BATCH, num_train_epochs=1,
            learning_rate=1e-3, assistant_only_loss=True, max_length=768, bf16=True, use_cpu=True,
            gradient_checkpointing=False, save_strategy="no", report_to=[], logging_steps=9999,
        ),
        peft_config=PeftLora(r=LORA.r, lora_alpha=LORA.alpha, target_modules="all-linear", task_type="CAUSAL_LM"),
    )  # fmt: skip
    trainer.train()


def main(results: Path, count: int, rounds: int) -> None:
    """Print seconds of wall time and CPU time of each, loading included, and their ratio."""
    lines = (results / "formats/sft-standard/train.jsonl").read_text().splitlines()
    model = next(path.parent for path in (results / "models").glob("*/config.json"))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = work / "rows.jsonl"
        chosen = [
            json.dumps({"messages": json.loads(line)["messages"]}) for line in random.Random(0).sample(lines, count)
        ]
        rows.write_text("\n".join(chosen) + "\n")
        spent: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
        for _ in range(rounds):
            for name, run in (("ours", ours), ("theirs", theirs)):
                begun = time.perf_counter(), time.process_time()
                run(model, rows, work)
                spent[name].append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
                print(
                    f"{name}: {spent[name][-1][0]:.1f} s, {spent[name][-1][1]:.1f} CPU-s for {count} rows", flush=True
                )
        for at, what in enumerate(("wall", "CPU")):
            ratios = [b[at] / a[at] for a, b in zip(spent["ours"], spent["theirs"], strict=True)]
            print(f"theirs / ours, {what} time: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(text) for text in (sys.argv[2:] or ["64", "2"])))
