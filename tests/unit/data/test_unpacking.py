"""A compressed file whose few bytes stand for gigabytes is refused; what compresses well but is small is read."""

import bz2
import gzip
import lzma

import pytest

from genloop.data import named_files
from genloop.data.named_files import MOST_TIMES, format_of, open_file
from genloop.data.records import cells_of
from genloop.data.text.files import Texts
from genloop.errors import UserError

PACK = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def _zst(data: bytes) -> bytes:
    pyarrow = pytest.importorskip("pyarrow")
    return pyarrow.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("ending", [*PACK, "zst"])
def test_a_bomb_is_refused_where_it_passes_the_limit(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(named_files, "LEAST_MOST_BYTES", 1000)
    line, path = b'{"text": "A word"}\n', tmp_path / f"a.jsonl.{ending}"
    path.write_bytes({**PACK, "zst": _zst}[ending](line * 200_000))
    assert path.stat().st_size * MOST_TIMES < len(line) * 200_000
    with pytest.raises(UserError, match=r"holds more than .* bytes, 100 times its size"):
        list(cells_of(path, format_of(path), "text"))
    plain = path.rename(tmp_path / f"a.txt.{ending}")
    with pytest.raises(UserError, match="cannot be unpacked: it holds more than"):
        list(Texts(str(plain)).read().train)


@pytest.mark.parametrize("ending", [*PACK, "zst"])
def test_a_small_file_may_compress_as_well_as_it_likes(ending, tmp_path):
    path = tmp_path / f"a.txt.{ending}"
    path.write_bytes({**PACK, "zst": _zst}[ending](b"a" * 1_000_000))
    with open_file(path, ending) as stream:
        assert stream.read() == b"a" * 1_000_000
