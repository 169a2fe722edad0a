"""Compare our training loop with TRL's SFTTrainer and a bare PyTorch loop, in alternating rounds:

python tests/benchmarks/training.py RESULTS_FOLDER [--rows 32] [--rounds 2] [--peers ours trl trl-kept bare]

All loops start with the same adapter (rank 16, none on the first 8 layers) on the same base in bfloat16. They get the
same tokens in the same batches of 8 with the same learning rate (1e-3, falling to 0), clipping and AdamW, on two
threads. Each runs in its own process and is measured from the first step to the last; loading and tokenising happen
before (`training_peers.py`):

- ours: the rule `checkpoint`, including the written files.
- TRL: `SFTTrainer` with its defaults, which use gradient checkpointing and bfloat16 autocast. It gets token ids and
  labels: from messages and a template that marks the assistant's turns, it would make other ids, because a line feed of
  the markup and spaces after it become one token (ours never join markup and content).
- TRL, activations kept: the same with `gradient_checkpointing=False`, which is faster and takes more memory.
- bare loop: PEFT's model, padded batches, the model's own loss, `backward`, AdamW.

Four rows are drawn from each table, so that they can share a pack, as in the default project with 60 rows of each
table. Prints Markdown tables, and at the end the time of our loop by part.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from engine_run import Failed, measure_command, median_text, note, table
from training_peers import CONFIG, SEED

from tabletutor.models.load import load_tokenizer
from tabletutor.training.packing import epoch_batches, group_by_prefix, packed_tokens
from tabletutor.training.rows import read_rows

PROGRAM = Path(__file__).with_name("training_peers.py")
NAMES = {"ours": "ours", "trl": "TRL", "trl-kept": "TRL, activations kept", "bare": "bare loop"}
Cost = dict[str, Any]


def choose(results: Path, model: Path, count: int, folder: Path) -> tuple[int, int]:
    """Write the rows, once as drawn and once in the order of our loop. Return the numbers of all tokens and of
    the tokens that our loop computes.

    Raises Failed if the rows do not fill the batches, because the other loops would then get other batches.
    """
    lines = (results / "formats/sft-standard/train.jsonl").read_text(encoding="utf-8").splitlines()
    tokenizer, source = load_tokenizer(model), Random(SEED)
    by_table: dict[str, list[str]] = {}
    for line in lines:
        by_table.setdefault(json.loads(line)["table"], []).append(line)
    each = CONFIG.pack_rows
    drawn = [
        line for name in sorted(by_table) for line in source.sample(by_table[name], min(each, len(by_table[name])))
    ]
    rows = folder / "rows.jsonl"
    rows.write_text("".join(json.dumps({"messages": json.loads(line)["messages"]}) + "\n" for line in drawn[:count]))
    encoded = read_rows(rows, tokenizer)
    batches = epoch_batches(encoded, group_by_prefix(encoded), CONFIG.pack_rows, CONFIG.batch_size, SEED, 0)
    sizes = {sum(map(len, batch)) for batch in batches}
    if (
        len(encoded) != count
        or sizes != {CONFIG.batch_size}
        or max(len(row.ids) for row in encoded) > CONFIG.max_length
    ):
        raise Failed(f"{len(encoded)} rows in batches of {sorted(sizes)}; ask for --rows that fill batches of 8")
    written = rows.read_text().splitlines()
    order = [index for batch in batches for chosen in batch for index in chosen]
    (folder / "ordered.jsonl").write_text("".join(written[index] + "\n" for index in order))
    computed = sum(packed_tokens([encoded[index] for index in chosen]) for batch in batches for chosen in batch)
    return sum(len(row.ids) for row in encoded), computed


def run(model: Path, rows: Path, peer: str) -> Cost:
    """Run one round of a peer, or the profile of our loop (`parts`)."""
    root = PROGRAM.parents[2]
    command = [sys.executable, str(PROGRAM), str(model.resolve()), str(rows), peer]
    return json.loads(measure_command(command, root, 3600.0, PYTHONWARNINGS="ignore").output.strip().splitlines()[-1])


def report(found: dict[str, list[Cost]], tokens: int) -> None:
    """Print the times of each loop, their ratios to ours, and the losses by step."""
    ours = found["ours"]
    lines: list[list[str]] = []
    for peer, taken in found.items():
        line = [NAMES[peer], *(median_text([each[key] for each in taken]) for key in ("wall", "cpu"))]
        line += [f"{tokens / median(each[key] for each in taken):,.0f}" for key in ("wall", "cpu")]
        line.append(f"{median(each['peak'] for each in taken):,.0f}")
        for key in ("wall", "cpu"):
            ratios = [b[key] / a[key] for a, b in zip(ours, taken, strict=True)]
            line.append("1" if peer == "ours" else f"× {median_text(ratios, 2)}")
        lines.append(line)
    table(["", "wall, s", "CPU, s", "tokens a second", "tokens a CPU-s", "peak, MB", "wall ×", "CPU ×"], lines)
    print("\nMedian (least–most of the rounds). Tokens are those of the rows, alone and without padding.\n")
    steps = range(1, len(ours[0]["losses"]) + 1)
    curves = {peer: taken[0]["losses"] for peer, taken in found.items()}
    apart = {
        peer: max(abs(a - b) for a, b in zip(curves["ours"], curve, strict=True)) for peer, curve in curves.items()
    }
    heads = ["loss at step", *map(str, steps), "apart from ours, at most"]
    table(heads, [[NAMES[peer], *(f"{loss:.3f}" for loss in curves[peer]), f"{apart[peer]:.4f}"] for peer in found])


def main() -> None:
    """Choose the rows, run the peers in alternating rounds, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of a built project")
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each peer")
    parser.add_argument("--peers", nargs="+", choices=NAMES, default=list(NAMES))
    options = parser.parse_args()
    peers = ["ours", *(peer for peer in options.peers if peer != "ours")]
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that no child stays
    print(f"`python tests/benchmarks/training.py {' '.join(sys.argv[1:])}`\n")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning.")
    model = next(path.parent for path in sorted((options.results / "models").glob("*/config.json")))
    found: dict[str, list[Cost]] = {}
    with tempfile.TemporaryDirectory(prefix="training-") as name:
        rows = Path(name)
        tokens, computed = choose(options.results, model, options.rows, rows)
        print(f"{options.rows} rows of {tokens:,} tokens, of which ours computes {computed:,}.\n", flush=True)
        for number in range(options.rounds):
            at = number % len(peers)
            for peer in peers[at:] + peers[:at]:
                found.setdefault(peer, []).append(run(model, rows, peer))
                note(f"round {number + 1} of {options.rounds}: {NAMES[peer]}: {found[peer][-1]}")
        spent = run(model, rows, "parts")
    report({peer: found[peer] for peer in peers}, tokens)
    print("\nWhere the time of ours goes (one thread, by PyTorch's profiler):\n")
    table(["part", "share"], [[part, f"{seconds / sum(spent.values()):.0%}"] for part, seconds in spent.items()])
    print(f"\nLoad {os.getloadavg()[0]:.1f} at the end.")


if __name__ == "__main__":
    main()
