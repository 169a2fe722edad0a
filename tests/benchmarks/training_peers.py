"""One training loop over given rows, in its own process; measured by `training.py`.

python tests/benchmarks/training_peers.py MODEL_FOLDER ROWS_FOLDER (ours | trl | trl-kept | bare | parts)

ROWS_FOLDER contains `rows.jsonl`, and `ordered.jsonl` with the same rows in the order of our loop. Prints one line of
JSON. The clock runs during steps only; loading and tokenising happen before.
"""

import functools
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from training_parts import parts

from tabletutor.config.training import LoraConfig, SftConfig
from tabletutor.models.load import load_model, load_tokenizer
from tabletutor.training.methods import sft
from tabletutor.training.rows import EncodedRow, read_rows
from tabletutor.training.run import TrainingFiles, TrainingRun
from tabletutor.training.tracking import Trackers

THREADS, SEED = 2, 0
LORA = LoraConfig(r=16, alpha=32, skip_layers=8)
CONFIG = SftConfig(
    lora=LORA, batch_size=8, pack_rows=4, max_length=768, learning_rate=1e-3,
    warmup_ratio=0.0, scheduler="linear", threads=THREADS, eval_steps=9999, save_steps=9999,
    save_seconds=9999.0,
)  # fmt: skip
Losses = list[float]
Made = tuple[Callable[[], object], Callable[[], Losses]]  # runs the steps; returns the losses


def load_run(model: Path, rows: Path, work: Path) -> tuple[TrainingRun, Any]:
    """Return the run of our loop and everything that it loads, without validation rows."""
    none = work / "none.jsonl"
    none.write_text("")
    files = TrainingFiles(model, None, rows / "rows.jsonl", none, work / "ours", work / "state")
    run = TrainingRun("benchmark", SEED, "benchmark", files, Trackers([]))
    return run, sft._prepare(run, CONFIG)


def ours(model: Path, rows: Path, work: Path) -> Made:
    """Our loop, including the written checkpoint."""
    run, loaded = load_run(model, rows, work)
    sft._prepare = lambda *unused: loaded  # loaded before the clock runs, as for the others

    def losses() -> Losses:
        lines = (work / "ours" / "metrics.ndjson").read_text().splitlines()
        return [json.loads(line)["loss"] for line in lines]

    return lambda: sft.train(run, CONFIG), losses


def adapted_model(model: Path) -> Any:
    """Return the base in bfloat16 with the initial adapter of our loop, made by PEFT alone."""
    from peft import LoraConfig as PeftLora
    from peft import get_peft_model

    base = load_model(model, CONFIG.dtype)
    torch.manual_seed(SEED)
    names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    return get_peft_model(
        base,
        PeftLora(
            r=LORA.r, lora_alpha=LORA.alpha, target_modules=sorted(names), task_type="CAUSAL_LM",
            layers_to_transform=list(range(LORA.skip_layers, base.config.num_hidden_layers)),
        ),
    )  # fmt: skip


def trl(model: Path, rows: Path, work: Path, **more: bool) -> Made:
    """TRL's SFTTrainer with its defaults, except for the order of rows, the batch size and the learning rate."""
    from datasets import Dataset
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    encoded = read_rows(rows / "ordered.jsonl", load_tokenizer(model))
    trainer = SFTTrainer(
        model=adapted_model(model),
        processing_class=load_tokenizer(model),
        train_dataset=Dataset.from_list([{"input_ids": row.ids, "labels": _labels(row)} for row in encoded]),
        args=SFTConfig(
            output_dir=str(work / "trl"), per_device_train_batch_size=CONFIG.batch_size, num_train_epochs=1,
            learning_rate=CONFIG.learning_rate, train_sampling_strategy="sequential",
            use_cpu=True, save_strategy="no", report_to=[], logging_steps=1, disable_tqdm=True, **more,
        ),
    )  # fmt: skip
    return trainer.train, lambda: [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def bare(model: Path, rows: Path, work: Path) -> Made:
    """A bare PyTorch loop: PEFT's model, AdamW, padded batches, the model's own loss."""
    wrapped = adapted_model(model).train()
    encoded = read_rows(rows / "ordered.jsonl", load_tokenizer(model))
    parameters = [parameter for parameter in wrapped.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=CONFIG.learning_rate, weight_decay=0.0)
    batches = [encoded[at : at + CONFIG.batch_size] for at in range(0, len(encoded), CONFIG.batch_size)]
    losses: Losses = []

    def run() -> None:
        for number, batch in enumerate(batches):
            for group in optimizer.param_groups:
                group["lr"] = CONFIG.learning_rate * (1 - number / len(batches))
            ids = _padded([row.ids for row in batch], 0)
            mask = _padded([[1] * len(row.ids) for row in batch], 0)
            labels = _padded([_labels(row) for row in batch], -100)
            loss = wrapped(input_ids=ids, attention_mask=mask, labels=labels, use_cache=False).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, CONFIG.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())

    return run, lambda: losses


def _labels(row: EncodedRow) -> list[int]:
    return [token if trained else -100 for token, trained in zip(row.ids, row.trained, strict=True)]


def _padded(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *([value] * (longest - len(row)))] for row in rows])


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def _peak_mb() -> float:
    found = (line.split() for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(next(found)[1]) / 1024


PEERS: dict[str, Callable[[Path, Path, Path], Made]] = {
    "ours": ours,
    "trl": trl,
    "trl-kept": functools.partial(trl, gradient_checkpointing=False),
    "bare": bare,
}


def main(model: Path, rows: Path, peer: str) -> None:
    """Run the steps of one peer; print its times, peak memory and losses."""
    torch.set_num_threads(THREADS)
    with tempfile.TemporaryDirectory(dir=rows) as name:
        if peer == "parts":
            print(json.dumps(parts(load_run(model, rows, Path(name))[1], CONFIG, SEED)))
            return
        run, losses = PEERS[peer](model, rows, Path(name))
        begun = time.perf_counter(), _cpu()
        run()
        took = time.perf_counter() - begun[0], _cpu() - begun[1]
        print(json.dumps({"wall": took[0], "cpu": took[1], "peak": _peak_mb(), "losses": losses()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
