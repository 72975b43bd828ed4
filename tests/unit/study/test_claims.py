"""How claims are written: their numbers with as many digits as the error leaves, and what is said without an error."""

import math

import pytest

from genloop.study.claims import Claim, Reproduction


@pytest.mark.parametrize(
    ("measured", "error", "text"),
    [
        (0.5028, 0.1887, "0.50 ± 0.19 nats"),
        (-0.0631, 0.0743, "\N{MINUS SIGN}0.063 ± 0.074 nats"),
        (8.6305, 3.643, "8.6 ± 3.6 nats"),
        (1.0, 1e-17, "1 ± 1e-17 nats"),
        (-2.5e-15, None, "\N{MINUS SIGN}2.5e-15 nats (one seed)"),
        (2.5e-15, None, "2.5e-15 nats (one seed)"),
        (-0.12345, None, "\N{MINUS SIGN}0.1235 nats (one seed)"),
        (math.inf, None, "not finite"),
        (None, None, ""),
    ],
)
def test_a_measurement_has_as_many_digits_as_its_error_leaves(measured, error, text):
    assert Claim("", measured=measured, standard_error=error, unit="nats").measured_text == text


@pytest.mark.parametrize(
    ("expected", "text"), [(-0.07, "\N{MINUS SIGN}0.07"), (1.644934, "1.645"), ("it rises", "“it rises”"), (None, "")]
)
def test_the_paper_has_a_number_or_words_or_neither(expected, text):
    assert Claim("", expected).expected_text == text


def test_a_reproduction_is_complete_if_all_its_parts_are():
    done, failed = Reproduction("a", ()), Reproduction("b", (), problem="no rdkit")
    assert Reproduction("all", (), parts=(done, done)).is_complete
    assert not Reproduction("all", (), parts=(done, failed)).is_complete
