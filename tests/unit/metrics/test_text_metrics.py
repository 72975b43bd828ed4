"""Metrics of text against values worked out by hand or by plain Python on tiny inputs."""

import math
import re
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scoring import score
from text_fixtures import byte_vocabulary, encoded, raw

from genloop.data.text.tokens import TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.families.statistical.ngram import NGram
from genloop.metrics import copying
from genloop.metrics.copying import Copying
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import SampleLoss, TestLoss
from genloop.metrics.vocabulary import RareTypes, TailMass
from genloop.metrics.words import words
from genloop.types import Context

END = 0
NAN = math.nan


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return byte_vocabulary(tmp_path_factory.mktemp("vocabulary"))


class UniformModel:
    """Predicts every token with the same probability, whatever came before."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.num_scored = 0

    def mean_loss(self, test: TokenDataset, *, context: Context) -> float:
        self.num_scored = len(test)
        return math.log(self.size)


def test_bits_per_byte_of_a_uniform_model_counts_ends_but_not_their_bytes(vocabulary: Vocabulary):
    test = encoded(vocabulary, "abc", "é")  # 3 + 2 bytes, and 2 ends
    values = score(TestLoss(), test=test, model=UniformModel(256))
    assert values["test_loss"] == pytest.approx(math.log(256))
    assert values["bits_per_byte"] == pytest.approx(8 * 7 / 5)


def test_loss_on_the_first_tokens_only(vocabulary: Vocabulary):
    model = UniformModel(256)
    values = score(TestLoss(num_tokens=4), test=encoded(vocabulary, "abc", "defgh"), model=model)
    assert model.num_scored == 4
    assert values["bits_per_byte"] == pytest.approx(8 * 4 / 3)


def test_loss_of_the_first_model_on_its_own_samples_is_its_entropy(vocabulary: Vocabulary):
    """Unigrams: the mean of -ln p over independent draws from p; and over one certain token, -ln p of that token."""
    train = encoded(vocabulary, *["aaaaaaabbc"] * 50)
    first = NGram(order=1, smoothing=1e-9).fit(train, seed=0, context=Context())
    frequencies = np.array([7, 2, 1, 1]) / 11  # the last is end-of-text
    surprise = -np.log(frequencies)
    entropy = frequencies @ surprise
    standard_error = math.sqrt(frequencies @ (surprise - entropy) ** 2 / 20_000)

    samples = first.sample(20_000, seed=1, context=Context())
    loss = score(SampleLoss(), samples=samples, first=first)["sample_loss"]
    assert abs(loss - entropy) < 4 * standard_error
    narrow = encoded(vocabulary, "a" * 100).slice(0, 100)
    assert score(SampleLoss(), samples=narrow, first=first)["sample_loss"] == pytest.approx(surprise[0])


def test_sample_loss_looks_at_equal_amounts(vocabulary: Vocabulary):
    first = UniformModel(256)
    score(SampleLoss(num_tokens=4), samples=encoded(vocabulary, "abc", "defgh"), first=first)
    assert first.num_scored == 4


def test_diversity_by_hand(vocabulary: Vocabulary):
    values = score(Diversity(), samples=encoded(vocabulary, "The cat saw the dog.", "the cat"))
    assert values["distinct_1"] == pytest.approx(4 / 7)  # the cat saw dog, of 7 words
    assert values["distinct_2"] == pytest.approx(4 / 5)  # "the cat" twice; none across documents
    assert values["distinct_3"] == pytest.approx(1.0)
    frequencies = np.array([3, 2, 1, 1]) / 7
    assert values["unigram_entropy"] == pytest.approx(-(frequencies * np.log(frequencies)).sum())
    assert values["mean_length"] == pytest.approx((20 + 7) / 2)


def test_diversity_looks_at_equal_amounts(vocabulary: Vocabulary):
    sample = encoded(vocabulary, "a b c d", "a b c d")
    assert score(Diversity(num_tokens=8), samples=sample)["distinct_1"] == 1.0
    assert score(Diversity(), samples=sample)["distinct_1"] == 0.5


def test_mean_length_leaves_the_unfinished_document_out(vocabulary: Vocabulary):
    sample = encoded(vocabulary, "abc", "defgh")
    assert score(Diversity(), samples=sample.slice(0, 7))["mean_length"] == 3
    assert score(Diversity(), samples=sample.slice(0, 2))["mean_length"] == 2


def test_samples_without_words_have_no_diversity(vocabulary: Vocabulary):
    values = score(Diversity(), samples=raw(vocabulary, [END, END, END]))
    assert set(values.values()) == {0.0}


def test_copying_is_one_on_the_training_set_and_zero_on_other_text(vocabulary: Vocabulary):
    train = encoded(vocabulary, "it was the best of times", "it was the worst of times")
    assert score(Copying(), samples=train, train=train) == {"copied_8grams": 1.0}
    assert score(Copying(), samples=encoded(vocabulary, "call me Ishmael"), train=train) == {"copied_8grams": 0.0}


def test_copying_counts_repeats_and_ignores_ngrams_across_documents(vocabulary: Vocabulary):
    train = encoded(vocabulary, "ab", "cd")
    sample = encoded(vocabulary, "ab", "ab", "bc", "cd")  # 3 of 4 bigrams; "bc" is not within a training document
    assert score(Copying(n=2), samples=sample, train=train) == {"copied_2grams": 0.75}


STREAM = st.lists(st.integers(0, 2), max_size=30)


@given(sample=STREAM, train=STREAM, n=st.integers(1, 4), chunk=st.integers(1, 7))
def test_copying_agrees_with_sets_of_tuples(
    sample: list[int], train: list[int], n: int, chunk: int, vocabulary: Vocabulary
):
    def ngrams(tokens: list[int]) -> list[tuple[int, ...]]:
        found = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        return [ngram for ngram in found if END not in ngram]

    seen = set(ngrams(train))
    expected = sum(ngram in seen for ngram in ngrams(sample)) / max(1, len(ngrams(sample)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "CHUNK", chunk)
        values = score(Copying(n=n), samples=raw(vocabulary, sample), train=raw(vocabulary, train))
    assert values[f"copied_{n}grams"] == pytest.approx(expected)


def test_tail_mass_weighs_words_by_their_use_in_the_test(vocabulary: Vocabulary):
    test = encoded(vocabulary, "Whale, whale and harpoon", "the harpooner didn't")
    samples = encoded(vocabulary, "the Whale and the sea didn")
    assert score(TailMass(), test=test, samples=samples)["tail_mass"] == pytest.approx(3 / 7)
    assert score(TailMass(num_tokens=3), test=test, samples=samples)["tail_mass"] == pytest.approx(6 / 7)


RANKED = " ".join(["the"] * 16 + ["sea"] * 3 + ["ship"])  # 80 %, 15 % and 5 % of 20 words


@pytest.mark.parametrize(
    ("sample", "expected"), [("the", (1, 0, 0)), ("sea ship", (0, 1, 1)), (RANKED, (1, 1, 1)), ("whale", (0, 0, 0))]
)
def test_survival_of_one_type_in_each_band(sample: str, expected: tuple[int, ...], vocabulary: Vocabulary):
    values = score(RareTypes(), test=encoded(vocabulary, RANKED), samples=encoded(vocabulary, sample))
    assert tuple(values.values()) == expected
    assert list(values) == ["survival_head", "survival_middle", "survival_tail"]


def test_survival_counts_types_and_not_their_use(vocabulary: Vocabulary):
    test = encoded(vocabulary, RANKED, " ".join(["a"] * 16 + ["b"] * 2 + ["c", "d"]))
    # Counts 16 16 3 2 1 1 1 of 40: the and a reach 32, sea, b and the first single word 38.
    values = score(RareTypes(), test=test, samples=encoded(vocabulary, "A b c"))
    assert values == pytest.approx({"survival_head": 1 / 2, "survival_middle": 1 / 3, "survival_tail": 1 / 2})
    first = score(RareTypes(num_tokens=1), test=test, samples=encoded(vocabulary, "a b c"))
    assert first == pytest.approx({"survival_head": 1 / 2, "survival_middle": 0, "survival_tail": 0})


def test_bands_without_types_have_no_survival(vocabulary: Vocabulary):
    values = score(RareTypes(), test=encoded(vocabulary, "the"), samples=encoded(vocabulary, "the"))
    assert values == pytest.approx({"survival_head": 1, "survival_middle": NAN, "survival_tail": NAN}, nan_ok=True)


def test_words_keep_their_apostrophes():
    assert words("Don't — 'quote' The dogs' 3rd naïve’s") == ["don't", "quote", "the", "dogs", "3rd", "naïve’s"]  # noqa: RUF001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("मेरा नाम हिन्दी है।", ["मेरा", "नाम", "हिन्दी", "है"]),  # marks belong to their letters
        ("בְּרֵאשִׁית בָּרָא", ["בְּרֵאשִׁית", "בָּרָא"]),
        ('צה"ל צה״ל', ['צה"ל', "צה״ל"]),  # an acronym with a quote inside
        ("كِتَابٌ مُحَمَّد، می‌خواهم", ["كِتَابٌ", "مُحَمَّد", "می‌خواهم"]),
        ("猫看见鸟。鸟飞", ["猫", "看", "见", "鸟", "鸟", "飞"]),
        ("ねこがトマトを食べる", [*"ねこが", "トマト", *"を食べる"]),
        ("ภาษาง่าย", ["ภ", "า", "ษ", "า", "ง่", "า", "ย"]),  # a tone belongs to its consonant
        ("ភាសា", ["ភា", "សា"]),
        ("ພາສາລາວ", [*"ພາສາລາວ"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("ꦗꦮ ᬩᬮᬶ ꆈꌠꉙ", ["ꦗ", "ꦮ", "ᬩ", "ᬮᬶ", "ꆈ", "ꌠ", "ꉙ"]),  # letters to UAX #29, without spaces all the same
        ("བོད་སྐད", ["བོད", "སྐད"]),
        ("한국어 단어", ["한국어", "단어"]),
        ("👩‍👩‍👧 👍👍🏽🇩🇪🇫🇷 ❤️!", ["👩‍👩‍👧", "👍", "👍🏽", "🇩🇪", "🇫🇷", "❤️"]),
        ("the end.Next, 3.14 at a:b", ["the", "end", "next", "3", "14", "at", "a", "b"]),
        ("— ... © ™ « »", []),
    ],
)
def test_words_follow_the_rules_of_their_script(text: str, expected: list[str]):
    assert words(text) == expected


@given(st.text("abcéßœAÉ 019_-.,:;!?()\n", max_size=60))
def test_words_of_western_text_are_runs_of_letters_and_digits(text: str):
    assert words(text) == re.findall(r"\w+", text.casefold())


@pytest.mark.parametrize("piece", ["🇩", "a\u0301", "👩\u200d", "a'", "日", "\u200d", "a "])
def test_words_of_a_long_row_are_found_in_time(piece: str):
    started = time.monotonic()
    assert len("".join(words(piece * 100_000))) <= 100_000 * len(piece)
    assert time.monotonic() - started < 5  # a quadratic search takes a minute or more


@pytest.mark.parametrize(
    "text", ["猫看见鸟鸟飞走了", "मेरा नाम हिन्दी है", "בְּרֵאשִׁית בָּרָא אֱלֹהִים", "ภาษาไทยง่าย", "👩‍👩‍👧 ❤️ 🇩🇪"]
)
def test_real_text_in_the_samples_place_has_lost_nothing(vocabulary: Vocabulary, text: str):
    """Here in another order and with other punctuation."""
    test, samples = encoded(vocabulary, f"{text}。", f"{text}、{text}"), encoded(vocabulary, f"「{text}」{text}")
    assert score(TailMass(), test=test, samples=samples)["tail_mass"] == 0
    survival = [value for value in score(RareTypes(), test=test, samples=samples).values() if not math.isnan(value)]
    assert survival
    assert set(survival) == {1}


def test_diversity_of_chinese_is_that_of_its_characters(vocabulary: Vocabulary):
    """猫看见猫: characters 猫 twice, 看, 见; pairs 猫看, 看见, 见猫."""
    values = score(Diversity(), samples=encoded(vocabulary, "猫看见猫"))
    assert [values["distinct_1"], values["distinct_2"], values["distinct_3"]] == [3 / 4, 1, 1]
    assert values["unigram_entropy"] == pytest.approx(1.5 * math.log(2))


@pytest.mark.parametrize("metric", [TestLoss(), SampleLoss(), Diversity(), Copying(), TailMass(), RareTypes()])
def test_a_budget_must_be_positive(metric: Any):
    with pytest.raises(UserError, match="num_tokens=0"):
        replace(metric, num_tokens=0)
