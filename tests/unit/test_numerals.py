"""How numbers are written: as many digits as their error leaves, and in columns those that tell them apart."""

import pytest

from genloop.numerals import MINUS, plain, signed, unsigned
from genloop.report.number_column import NumberColumn


def with_minus(text: str) -> str:
    """Return a number with a minus sign before it, as people write it; the hyphen of an exponent stays."""
    return MINUS + text[1:] if text.startswith("-") else text


@pytest.mark.parametrize(
    ("value", "margin", "text"),
    [
        (0.398, None, "+0.398"),
        (-0.1464, None, "-0.146"),
        (1234567.1, None, "+1,234,567"),
        (4.4e-16, None, "+4.4e-16"),
        (0.0, None, "+0.000"),
        (0.5028, 0.1887, "+0.50 ± 0.19"),
        (12345.6, 120.0, "+12,346 ± 120"),
        (-0.123456, 1e-17, "-0.1235 ± 1e-17"),  # known to more digits than anybody reads
        (0.123456, 0.0, "+0.1235 ± 0"),
        (1e-9, 0.0, "+1e-09 ± 0"),
        (-1.234e-9, 1e-10, "-1.234e-09 ± 1e-10"),
        (0.0, 0.3, "+0.00 ± 0.30"),
    ],
)
def test_a_number_has_as_many_decimals_as_its_margin(value, margin, text):
    assert signed(value, margin) == with_minus(text)
    if margin is not None:
        assert unsigned(value, margin) == with_minus(text).removeprefix("+")


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((4.7761, 0.099, -0.0304, 0.0), ("4.776", "0.099", "-0.030", "0.000")),
        ((99.9, -176.2, 1234567.1), ("99.900", "-176", "1,234,567")),
        ((0.0765, 0.00123), ("0.0765", "0.0012")),
        ((1.23456e-5, -9.7e-6), ("0.0000123", "-0.0000097")),
        ((1.5e-12, 0.0), ("1.5e-12", "0")),
        ((None, 0.5), ("0.500",)),
        ((0.0,), ("0.000",)),
    ],
)
def test_numbers_of_a_column_have_three_decimals_unless_all_are_small(values, texts):
    column = NumberColumn.of(values)
    written = [column.number(value) for value in values if value is not None]
    assert written == [with_minus(text) for text in texts]


@pytest.mark.parametrize(
    ("largest", "value", "error", "text"),
    [
        (1.567, 1.4413, 0.00441, "1.441 ± 0.0044"),
        (5e4, 12345.6, 120.0, "12,346 ± 120"),
        (5e4, 12.3456, 0.0, "12.35 ± 0"),
        (1.6e-5, 1.085e-5, 8.8e-7, "0.00001085 ± 0.00000088"),
    ],
)
def test_standard_errors_of_a_column_have_two_digits(largest, value, error, text):
    assert NumberColumn.of([largest]).number(value, error) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [(4.776, 4.909, "+0.133"), (4.776, 4.7759, "-0.000"), (2.1, 250.0, "+248"), (1e6, 1e6 + 12.3, "+12")],
)
def test_a_change_has_the_decimals_of_what_has_changed(first, last, text):
    assert NumberColumn.of([first, last]).change(first, last) == with_minus(text)


def test_the_hyphen_of_an_exponent_is_no_minus():
    assert plain(-1.5e-7) == with_minus("-1.5e-07")
