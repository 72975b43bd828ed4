"""Token streams against plain Python lists: slicing, joining, weighting and drawing must agree for any input."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genloop.data.text import vocabularies
from genloop.data.text.tokens import END_OF_TEXT, Segment, TokenDataset, Vocabulary

END = 0  # the id of end-of-text: special tokens come first
SHARDS = st.lists(st.lists(st.integers(0, 3), max_size=12), max_size=4)
CUT = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path = tmp_path_factory.mktemp("vocabulary") / "tokenizer.json"
    vocabularies.learn(["one two", "two three"], 260).save(str(path))
    return Vocabulary(path)


def dataset(shards: list[list[int]], vocabulary: Vocabulary) -> TokenDataset:
    return TokenDataset(tuple(Segment(np.array(shard, np.uint16)) for shard in shards), vocabulary)


def tokens_of(data: TokenDataset) -> list[int]:
    return data.read(0, len(data)).tolist()


def documents_of(shards: list[list[int]]) -> list[tuple[int, ...]]:
    documents: list[tuple[int, ...]] = []
    for shard in shards:
        document: list[int] = []
        for token in shard:
            document.append(token)
            if token == END:
                documents.append(tuple(document))
                document = []
        if document:
            documents.append(tuple(document))
    return documents


@given(shards=SHARDS, cut=CUT)
def test_slice_is_a_list_slice(shards: list[list[int]], cut: list[int], vocabulary: Vocabulary):
    flat = [token for shard in shards for token in shard]
    assert tokens_of(dataset(shards, vocabulary).slice(*cut)) == flat[slice(*cut)]


@given(shards=SHARDS, outer=CUT, inner=CUT)
def test_slice_of_slice(shards: list[list[int]], outer: list[int], inner: list[int], vocabulary: Vocabulary):
    flat = [token for shard in shards for token in shard]
    part = dataset(shards, vocabulary).slice(*outer).slice(*inner)
    assert tokens_of(part) == flat[slice(*outer)][slice(*inner)]
    assert len(part) == len(flat[slice(*outer)][slice(*inner)])


@given(parts=st.lists(st.tuples(SHARDS, st.sampled_from([0.5, 1.0, 2.0])), min_size=1, max_size=3), cut=CUT)
def test_concat_keeps_tokens_and_weights_together(
    parts: list[tuple[list[list[int]], float]], cut: list[int], vocabulary: Vocabulary
):
    first, *others = [dataset(shards, vocabulary).weighted(weight) for shards, weight in parts]
    joined = first.concat(others).slice(*cut)
    pairs = [(token, weight) for shards, weight in parts for shard in shards for token in shard][slice(*cut)]
    assert tokens_of(joined) == [token for token, _ in pairs]
    assert joined.read_weights(0, len(joined)).tolist() == [weight for _, weight in pairs]


@given(shards=SHARDS, num=st.integers(0, 50), seed=st.integers(0, 5))
def test_draw_takes_whole_documents_without_replacement(
    shards: list[list[int]], num: int, seed: int, vocabulary: Vocabulary
):
    data = dataset(shards, vocabulary)
    whole, part = data.draw(len(data), seed=seed), data.draw(num, seed=seed)
    pieces = [tuple(segment.tokens.tolist()) for segment in whole.segments]
    assert sorted(pieces) == sorted(documents_of(shards))
    assert tokens_of(part) == tokens_of(whole)[:num]


def test_draw_depends_on_its_seed(vocabulary: Vocabulary):
    data = dataset([[token, END] for token in range(1, 200)], vocabulary)
    assert tokens_of(data.draw(50, seed=1)) == tokens_of(data.draw(50, seed=1))
    assert tokens_of(data.draw(50, seed=1)) != tokens_of(data.draw(50, seed=2))


def test_every_document_is_equally_likely_to_be_drawn(vocabulary: Vocabulary):
    data = dataset([[1, END], [2, END], [3, END], [4, END]], vocabulary)
    num_draws = 400
    firsts = np.array([data.draw(2, seed=seed).read(0, 1)[0] for seed in range(num_draws)])
    shares = np.bincount(firsts, minlength=5)[1:] / num_draws
    assert np.all(np.abs(shares - 0.25) < 4 * np.sqrt(0.25 * 0.75 / num_draws))


def test_a_stream_counts_as_preceded_by_end_of_text(vocabulary: Vocabulary):
    assert dataset([[1, 2], [3]], vocabulary).read(-1, 2).tolist() == [END, 1, 2]


class NeverCopied(tuple[Segment, ...]):
    """Segments that can be looked at one by one only."""

    def __getitem__(self, number: Any) -> Any:
        assert isinstance(number, int), "a part of the segments was copied"
        return super().__getitem__(number)


def test_reading_copies_no_list_of_documents(vocabulary: Vocabulary):
    """After a draw every document is a segment of its own; there may be millions."""
    drawn = dataset([[1, END, 2, 3, END]] * 3, vocabulary).draw(15, seed=0)
    data = TokenDataset(NeverCopied(drawn.segments), vocabulary)
    assert data.read(4, 9).tolist() == tokens_of(drawn)[4:9]
    assert data.read_weights(4, 9).tolist() == [1.0] * 5


def test_is_weighted_only_where_weights_differ(vocabulary: Vocabulary):
    data = dataset([[1, 2], [3]], vocabulary).weighted(2.0)
    assert not data.is_weighted
    assert data.concat([data.weighted(3.0)]).is_weighted


def test_saved_tokens_open_as_the_same_stream(vocabulary: Vocabulary, tmp_path: Path):
    data = dataset([[1, 2, END], [3]], vocabulary)
    data.save(tmp_path)
    opened = TokenDataset.open(tmp_path / "tokens.npy", vocabulary)
    assert tokens_of(opened) == [1, 2, END, 3]
    assert opened.segments[0].tokens.dtype == np.uint16


def test_texts_are_what_was_encoded(vocabulary: Vocabulary):
    texts = ["one two", "naïve \U0001f642 <|endo", "three"]
    tokens = vocabularies.encode(texts, vocabulary, lambda _: None)
    assert list(dataset([tokens.tolist()], vocabulary).texts()) == texts


def test_a_vocabulary_knows_its_size_and_end(vocabulary: Vocabulary):
    assert (vocabulary.size, vocabulary.end_of_text) == (260, END)
    assert vocabulary.tokenizer.token_to_id(END_OF_TEXT) == END
