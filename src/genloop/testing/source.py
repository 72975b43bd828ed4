"""What the loop relies on in every source of real data."""

from pathlib import Path
from typing import Any

from genloop.testing.expecting import CONTEXT, check_component, check_identity, contents, expect, new_folder, title
from genloop.types import Domain, Source


def check_source(source: Source, *, folder: Path) -> None:
    """Check a source; it is prepared twice.

    Args:
        source: what to check, with little data.
        folder: where the check may write.

    Raises:
        AssertionError: if the loop could not rely on it, saying what to change.
    """
    check_component(source)
    check_identity(source, "identity()", source.identity())
    first, second = (prepared(source, folder) for _ in range(2))
    expect(
        contents(first) == contents(second),
        f"{title(source)}.prepare writes other files each time. Let what is random follow from a field such as seed.",
    )
    domain = source.open(first)
    for part in ("train", "test"):
        check_dataset(domain.prepared(part), f"The {part} part of {title(source)}")
    _samples_open(source, domain, folder)


def prepared(source: Source, folder: Path) -> Path:
    """Return a new folder in which a source is prepared."""
    directory = new_folder(folder)
    source.prepare(directory, CONTEXT)
    return directory


def check_dataset(data: Any, name: str) -> None:
    """Check that a data set has examples and that views of it are as long as they should be."""
    num = len(data)
    expect(num >= 2, f"{name} holds {num} examples. Give at least 2.")
    half = num // 2
    parts = data.slice(0, half), data.slice(half, num).weighted(0.5)
    lengths = [len(view) for view in (*parts, parts[0].concat([parts[1]]), data.draw(half, seed=0))]
    expect(
        lengths == [half, num - half, num, half],
        f"{name} has {num} examples; its views slice, weighted, concat and draw have {lengths}, not "
        f"{[half, num - half, num, half]}. Let each return exactly the examples that were asked for.",
    )


def _samples_open(source: Source, domain: Domain, folder: Path) -> None:
    """Samples are written by `Dataset.save` and opened by `generated`; real data must pass that way, too."""
    real = domain.prepared("train")
    directory = new_folder(folder)
    real.save(directory)
    opened = domain.generated(directory)
    expect(
        len(opened) == len(real) and opened.unit == real.unit,
        f"{title(source)} opens {len(opened)} samples ({opened.unit}) where {len(real)} ({real.unit}) were saved. "
        "Open what Dataset.save writes.",
    )
