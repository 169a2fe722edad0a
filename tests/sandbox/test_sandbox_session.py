"""A session works as a notebook: names stay, values are printed, hooks and answers arrive, errors are readable."""

from pathlib import Path

import pytest

from tabletutor.config.sandbox import SandboxConfig
from tabletutor.records.record import encode
from tabletutor.sandbox.host.pool import Sandbox, SandboxError, Session


def test_names_stay_and_the_last_value_is_echoed(session: Session) -> None:
    assert session.run("x = df.whole.sum()").stdout == ""
    assert session.run("x").stdout == "10\n"
    assert session.run("print('a'); x / 4").stdout == "a\n2.5\n"
    assert session.run("None").stdout == ""
    assert session.run("").error is None
    assert session.run("[np.float64(0.5)], lambda: 0").stdout == "([0.5], <function <lambda>>)\n"
    assert session.run("import sys, os\nprint('e', file=sys.stderr)\nos.system('echo raw')").stdout == "e\nraw\n0\n"


def test_frames_are_shown_short(session: Session) -> None:
    shown = session.run("pd.concat([df] * 50, ignore_index=True)").stdout
    assert "[200 rows x 7 columns]" in shown
    assert len(shown.splitlines()) < 20
    assert "0.3333 " in shown.replace("\n", " ")


def test_classes_and_pickles_work_as_in_a_script(session: Session) -> None:
    code = "from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int\nimport pickle\n"
    assert session.run(code + "pickle.loads(pickle.dumps(A(3))).n").stdout == "3\n"


def test_hooks_are_recorded_also_before_an_error(session: Session) -> None:
    result = session.run("hook('total', df.whole.sum())\nhook('half', df.whole / 2, depends_on='total')\n1 / 0")
    assert [(hook.name, hook.value, hook.depends_on) for hook in result.hooks] == [
        ("total", 10, ()),
        ("half", {"0": 0.5, "1": 1.0, "2": 1.5, "3": 2.0}, ("total",)),
    ]
    assert result.error is not None
    assert session.run("hook(3, 3)").error == (
        'Traceback (most recent call last):\n  File "<cell 2>", line 1, in <module>\n    hook(3, 3)\n'
        "TypeError: hook(name, value): the name must be text of 1 to 200 characters"
    )
    assert len(session.run("for n in range(99): hook('n', n)").hooks) == 50


def test_submit_ends_the_session_with_plain_json(session: Session) -> None:
    result = session.run("submit(df.groupby('city')['whole'].sum())\nx = 1")
    assert (result.submitted, result.ended, result.answer) == (True, "submit", {"Köln": 2, "Oslo": 5})
    assert session.ended == "submit"
    with pytest.raises(SandboxError, match="ended"):
        session.run("1")


def test_an_answer_that_is_none_still_counts(session: Session) -> None:
    result = session.run("submit(float('nan'))")
    assert (result.submitted, result.answer, result.ended) == (True, None, "submit")


def test_only_one_answer_counts_and_a_bad_one_can_be_mended(session: Session) -> None:
    bad = session.run("submit(df.groupby('city'))")
    assert bad.ended == "open"
    assert bad.error is not None
    assert bad.error.splitlines()[-1].startswith("TypeError: a value of type DataFrameGroupBy cannot be an answer")
    twice = session.run("submit(1)\nsubmit(2)")
    assert (twice.answer, twice.ended) == (1, "submit")
    assert twice.error is not None
    assert twice.error.splitlines()[-1] == "ValueError: submit: an answer has already been submitted"


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("df['nope']", "KeyError: 'nope'"),
        ("x = (", "SyntaxError: '(' was never closed"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        ("exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("input()", "EOFError: EOF when reading a line"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("x = bytearray(3 << 30)", "MemoryError: the cell asked for more memory than a session may use"),
        ("class E(Exception):\n    def __str__(self): return 1 / 0\nraise E", "E: (its message could not be made)"),
        ("from pandas import nope", "ImportError: cannot import name 'nope' from 'pandas' (lib/"),
        ("'\\x00' + chr(0xd800) + 1", "TypeError: can only concatenate str"),
    ],
)
def test_errors_show_the_cell_and_nothing_of_the_machine(session: Session, code: str, last: str) -> None:
    result = session.run(code)
    assert result.error is not None
    assert result.error.splitlines()[-1].startswith(last)
    assert "/" not in result.error.replace("(lib/", "").split("Error")[0].replace("1 / 0", "")
    assert result.ended == "open"
    assert session.run("1 + 1").stdout == "2\n"


def test_odd_source_is_an_error_of_the_cell(session: Session) -> None:
    assert "Unicode" in (session.run("'\ud800'").error or "")
    assert "null bytes" in (session.run("a\0b").error or "")
    assert "characters" in (session.run("#" * 1_100_000).error or "")
    assert session.run("(" * 5000 + ")" * 5000).error is not None


def test_odd_text_arrives(session: Session) -> None:
    result = session.run("import os\nos.write(1, b'nul\\x00 bad\\xff\\n')\nprint('\\u2028 \\ud800 \\x1b[2J')")
    assert result.stdout == "nul\x00 bad\\xff\n\u2028 \\ud800 \x1b[2J\n"


def test_sessions_are_fresh_and_deterministic(sandbox: Sandbox) -> None:
    cells = [
        "df['new'] = 1; df.loc[0, 'city'] = 'X'; df.drop(columns='share', inplace=True); df",
        "import random; random.random(), np.random.rand(), hash('a'), list({'b', 'a', 'c'})",
        "object(), df.groupby('city').sum",
        "import warnings; warnings.warn('w'); pd.Series([1, 2]).sample(1).index[0]",
        "hook('h', df)\ndef f(): raise ValueError(object())\nf()",
        "submit({'b': df.whole.mean(), 'a': {3, 1}})",
    ]
    runs: list[list[bytes]] = []
    for _ in range(2):
        with sandbox.session() as session:
            runs.append([encode(session.run(code)) for code in cells])
    assert runs[0] == runs[1]
    assert b'"ended":"submit"' in runs[0][-1]


def test_two_warm_parents_give_the_same_bytes(sandbox: Sandbox, config: SandboxConfig, parquet: object) -> None:
    cells = ["hash('text'), list({'b', 'a', 'c'}), df", "hook('f', df); object()", "import time; time.tzname"]
    results: list[list[bytes]] = []
    with Sandbox(parquet, config) as other:  # type: ignore[arg-type]
        for warm in (sandbox, other):
            with warm.session() as session:
                results.append([encode(session.run(code)) for code in cells])
    assert results[0] == results[1]


def test_a_session_without_a_table_has_no_df(config: SandboxConfig) -> None:
    with Sandbox(None, config) as warm, warm.session() as session:
        assert (session.run("df").error or "").endswith("NameError: name 'df' is not defined")
        assert session.run("pd.DataFrame({'a': [1]}).a.sum()").stdout == "1\n"


def test_once_a_cell_has_used_scipy_later_sessions_of_the_table_have_it_imported(parquet: Path) -> None:
    imported, test = "import sys\n'sci' + 'py.stats' in sys.modules", "from scipy import stats\nstats.skew(df.whole)"
    with Sandbox(parquet, SandboxConfig()) as sandbox:
        with sandbox.session() as first:
            assert first.run(imported).stdout == "False\n"
            answer = first.run(test)
            assert answer.error is None
        with sandbox.session():  # may have been prepared before that cell
            pass
        with sandbox.session() as later:
            assert later.run(imported).stdout == "True\n"
            assert later.run(test) == answer
