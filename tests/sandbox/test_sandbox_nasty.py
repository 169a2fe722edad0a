"""Values that cannot be converted, printed or sent give a value or an error of their cell; the session continues."""

import pytest

from tabletutor.sandbox.host.pool import Sandbox

SETUP = """
import datetime, decimal, fractions
class Never:
    def __repr__(self):
        while True: pass
    __str__ = __iter__ = __len__ = __repr__
class Raises(list):
    def __iter__(self): raise KeyError('iter')
    def __len__(self): raise OSError('len')
    def __repr__(self): raise SystemExit('repr')
class Endless(list):
    def __iter__(self):
        while True: yield frozenset()
class Odd(pd.DataFrame):
    shape = property(lambda self: [object()])
class Mute(Exception):
    def __str__(self): raise KeyboardInterrupt
class Slow(Exception):
    def __str__(self):
        while True: pass
class Meta(type):
    __name__ = property(lambda self: 1 / 0)
class Nameless(metaclass=Meta): pass
deep = []
for _ in range(100_000): deep = [deep]
class Late:
    def __del__(self):
        while True: pass
def late():
    x = Late()
    raise ValueError('late')
"""
VALUES = [
    "10**5000", "-10**5000", "[1, {'a': (10**5000,)}]", "{10**5000: 1}", "{'a': {10**5000}}", "[10**4000] * 1000",
    "10**4000", "'x' * 10**6", "'\\ud800'", "{'\\ud800': 1}", "deep", "Never()", "[Never()]", "Raises()", "Endless()",
    "decimal.Decimal('sNaN')", "decimal.Decimal('NaN123')", "decimal.Decimal('1e99999')", "fractions.Fraction(10**400)",
    "np.longdouble('1e4000')", "np.complex128(1)", "np.datetime64(10**17, 's')", "np.void(b'x')",
    "datetime.timedelta.max", "pd.Series([10**5000], dtype=object)", "np.array([10**5000], dtype=object)",
    "Odd({'a': range(9999)})", "Nameless()", "Nameless", "pd.Interval(0, 1)", "pd.NA", "float('nan')", "b'x'",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_a_nasty_value_is_a_value_or_an_error_and_the_session_lives(hasty: Sandbox, value: str) -> None:
    with hasty.session() as session:
        session.run(SETUP)
        for cell in (f"hook('v', {value})", f"print({value})", value, f"raise ValueError({value})"):
            result = session.run(cell)
            assert result.ended == "open", (cell, result.error)
        assert session.run("6 * 7").stdout == "42\n"
        result = session.run(f"submit({value})")
        assert result.ended == ("submit" if result.error is None else "open")
        if result.error is not None:
            assert result.error.splitlines()[-1].startswith(("TypeError: ", "TimeLimit: ", "RecursionError: "))
            assert session.run("6 * 7").stdout == "42\n"


def test_a_number_of_too_many_digits_is_named(hasty: Sandbox) -> None:
    with hasty.session() as session:
        error = session.run("import sys\nsys.set_int_max_str_digits(0)\nsubmit(10**5000)").error
        assert error is not None
        assert error.endswith(
            "TypeError: a whole number of more than 4,300 digits cannot be an answer; give a smaller number"
        )
        assert session.run("submit(10**4000)").answer == 10**4000


@pytest.mark.parametrize(
    ("cell", "last"),
    [
        ("raise Mute()", "Mute: (its message could not be made)"),
        ("raise Slow()", "Slow: (its message could not be made)"),
        ("raise SyntaxError('x', (5, 1, 2, 'text'))", "SyntaxError: (its message could not be made)"),
        ("hook('\\ud800', 1)", "TypeError: hook: the value cannot be written as JSON"),
        ("for n in range(50): hook('a', 1, ['x' * 10**6])", "ValueError: hook: the hooks of one cell may have"),
        ("late()", "ValueError: late"),
    ],
)
def test_an_error_without_a_message_shows_its_class(hasty: Sandbox, cell: str, last: str) -> None:
    with hasty.session() as session:
        session.run(SETUP)
        result = session.run(cell)
        assert (result.ended, result.error is None) == ("open", False)
        assert (result.error or "").splitlines()[-1].startswith(last)
        assert session.run("6 * 7").stdout == "42\n"
