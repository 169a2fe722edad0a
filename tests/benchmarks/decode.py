"""Measure tokens per second of batched decoding: python tests/benchmarks/decode.py MODEL_FOLDER [THREADS]."""

import sys
import time
from pathlib import Path
from random import Random

import torch

from tabletutor.models.decoder import DecodeLimits, Decoder
from tabletutor.models.load import load_model, load_tokenizer
from tabletutor.models.mkldnn_linear import use_packed_linears

PROMPT, NEW = 250, 60


def main(folder: Path, threads: int) -> None:
    """Print tokens per second of wall time and of CPU time for prompts and for decoding, by batch size."""
    torch.set_num_threads(threads)
    model, tokenizer = load_model(folder, "bfloat16"), load_tokenizer(folder)
    use_packed_linears(model)
    source = Random(0)
    for rows in (1, 8, 16, 32, 64, 128):
        decoder = Decoder(model, tokenizer, rows, DecodeLimits(NEW, 2048))
        for key in range(rows):
            decoder.begin(key, [source.randrange(100, tokenizer.vocab_size) for _ in range(PROMPT)])
        begun = time.perf_counter(), time.process_time()
        decoder.feed(range(rows))
        fed = time.perf_counter(), time.process_time()
        tokens = sum(turn.tokens for turn in decoder.decode(rows))
        done = time.perf_counter(), time.process_time()
        prompt = [rows * PROMPT / (after - before) for before, after in zip(begun, fed, strict=True)]
        decode = [tokens / (after - before) for before, after in zip(fed, done, strict=True)]
        print(
            f"batch {rows:4d}: prompts {prompt[0]:6.0f} tokens/s ({prompt[1]:.0f} a CPU-s), "
            f"decoding {decode[0]:6.0f} tokens/s ({decode[1]:.0f} a CPU-s), {tokens} tokens"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
