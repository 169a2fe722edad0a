"""Tables with known values in random conventions come back as written, or with a word about it.

`python -m tests.benchmarks.intake --cases 20000 --seed 7` runs more of them.
"""

import pytest

from tests.support.tables.generated_tables import SHOWN, run, shown

SEED = 18
CASES, PARTS = 2000, 4
# At most these shares may be refused or left as text, with a remark: a reader that gives up is safe and useless.
REFUSED, TEXT = 0.02, 0.06


@pytest.mark.parametrize("part", range(PARTS))
def test_no_generated_table_is_silently_wrong(part: int) -> None:
    done = run(SEED, range(part, CASES, PARTS))
    print(done.summary())
    told = "\n".join(shown(SEED, *case) for case in list(done.silent.items())[:SHOWN])
    print(told)
    assert not done.silent, told
    assert done.share("refused") <= REFUSED, done.left.most_common(10)
    assert done.share("text") <= TEXT, done.left.most_common(10)
