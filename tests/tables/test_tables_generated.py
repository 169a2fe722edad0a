"""Generated tables in random conventions are read as written, or every difference is reported.

`python -m tests.benchmarks.intake --cases 20000 --seed 7` runs more cases.
"""

import pytest

from tests.support.tables.generated_tables import MAX_REPORTED, failure_report, run

SEED = 18
CASES, PARTS = 2000, 4
# The largest shares that may be refused or left as text with a warning. A reader that always gives up is useless.
REFUSED, TEXT = 0.02, 0.06


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_generated_table_is_silently_wrong(part: int) -> None:
    done = run(SEED, range(part, CASES, PARTS))
    print(done.summary())
    failures = "\n".join(failure_report(SEED, *case) for case in list(done.silent.items())[:MAX_REPORTED])
    print(failures)
    assert not done.silent, failures
    assert done.share("refused") <= REFUSED, done.left.most_common(10)
    assert done.share("text") <= TEXT, done.left.most_common(10)
