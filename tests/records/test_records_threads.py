"""Decoders of new types, requested by many threads at once."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, threading
from typing import Any
import msgspec
from tabletutor.records.record import decoder

sys.setswitchinterval(1e-6)

def kind(number: int) -> Any:
    leaves = [msgspec.defstruct(f"Leaf{number}x{at}", [("a", int), ("b", list[str])], tag=True) for at in range(12)]
    union = leaves[0]
    for leaf in leaves[1:]:
        union = union | leaf
    return msgspec.defstruct(f"Tree{number}", [("steps", tuple[union, ...]), ("other", union)])

for number in range(40):
    tree = kind(number)
    data = f'{{"steps":[{{"type":"Leaf{number}x3","a":1,"b":[]}}],"other":{{"type":"Leaf{number}x0","a":1,"b":[]}}}}'
    together = threading.Barrier(8)
    seen = []

    def read() -> None:
        together.wait()
        seen.append(decoder(tree).decode(data))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8 and all(value == seen[0] for value in seen), seen
"""


def test_threads_that_read_a_new_type_together_do_not_crash() -> None:
    folder = str(Path(__file__).parents[2] / "scripts")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"PYTHONPATH": folder}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
