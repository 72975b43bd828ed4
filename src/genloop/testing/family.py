"""What the loop relies on in every family: determinism, exact amounts, honest identities, and resumption."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from genloop.errors import UserError
from genloop.identity import canonical_json, describe
from genloop.testing.expecting import (
    CONTEXT,
    check_component,
    check_identity,
    expect,
    new_folder,
    saved,
    title,
)
from genloop.testing.resuming import check_resumption
from genloop.testing.source import check_dataset, prepared
from genloop.types import Dataset, Domain, DomainT, Estimator, Refittable, Source

NUM_SAMPLES = 37  # no round number, as amounts must be exact


@dataclass(frozen=True)
class Family:
    """An estimator with real data at hand, which are prepared once, and its model, which is fitted once.

    Attributes:
        estimator: small enough to be fitted in seconds.
        source: real data for it.
        folder: where checks may write.
        num_examples: size of the training set; None for all real training data.
    """

    estimator: Estimator
    source: Source
    folder: Path
    num_examples: int | None = None

    @cached_property
    def domain(self) -> Domain:
        return self.source.open(prepared(self.source, self.folder))

    @cached_property
    def train(self) -> Any:
        data: Any = self.domain.prepared("train")
        return data if self.num_examples is None else data.slice(0, self.num_examples)

    @cached_property
    def test(self) -> Any:
        return self.domain.prepared("test")

    @cached_property
    def model(self) -> Any:
        return self.fit()

    @cached_property
    def samples(self) -> Any:
        return self.sample(self.model, len(self.train))

    def fit(self, estimator: Estimator | None = None, data: Any = None) -> Any:
        """Return a model that is fitted anew, by default to the training set."""
        data = self.train if data is None else data
        return (estimator or self.estimator).fit(data, seed=1, context=CONTEXT)

    def load(self, model: Any, estimator: Estimator | None = None) -> Any:
        """Return a model as it comes back from its files."""
        directory = new_folder(self.folder)
        model.save(directory)
        return (estimator or self.estimator).load(directory, self.domain, CONTEXT)

    def sample(self, model: Any, num: int = NUM_SAMPLES, *, seed: int = 3) -> Any:
        return model.sample(num, seed=seed, context=CONTEXT)


def check_family(
    estimator: Estimator[Any, DomainT, Any], *, source: Source[DomainT], folder: Path, num_examples: int | None = None
) -> None:
    """Check an estimator and its model on a source; it is fitted about ten times.

    Args:
        estimator: what to check, small enough to be fitted in seconds.
        source: real data for it.
        folder: where the check may write.
        num_examples: size of the training set; None for all real training data.

    Raises:
        AssertionError: if the loop could not rely on it, saying what to change.
    """
    family = Family(estimator, source, folder, num_examples)
    for check in CHECKS:
        check(family)


def check_description(family: Family) -> None:
    """Identities are plain and say all that can be sent."""
    estimator = family.estimator
    check_component(estimator)
    for name, identity in (
        ("fit_identity(100)", estimator.fit_identity(100)),
        ("sample_identity()", estimator.sample_identity()),
    ):
        check_identity(estimator, name, identity)


def check_fits(family: Family) -> None:
    """The same data and seed give the same model, and the estimator stays as it is."""
    name, before = title(family.estimator), describe(family.estimator)
    models = [saved(model, family.folder) for model in (family.model, family.fit())]
    expect(
        models[0] == models[1],
        f"{name}.fit gives another model for the same data and seed. Draw all that is random from the seed.",
    )
    expect(bool(models[0]), f"The model of {name} saves no file. Write what Estimator.load needs.")
    expect(describe(family.estimator) == before, f"{name}.fit changes the estimator. Return a new model instead.")
    status = family.model.status
    expect(status == "fitted", f"The model of {name} has status {status!r}. Check it with settings that can be fitted.")


def check_loading(family: Family) -> None:
    """A model samples the same before it was saved, loaded, and loaded by an estimator that has fitted nothing."""
    other = replace(family.estimator) if is_dataclass(family.estimator) else family.estimator  # type: ignore[type-var]
    models = family.load(family.model), family.load(family.load(family.model), other)
    first, second = (saved(family.sample(model), family.folder) for model in models)
    expect(
        first == second,
        f"A model of {title(family.estimator)} samples otherwise when another object loads it. Save all it needs.",
    )
    expect(
        models[0].status == family.model.status,
        f"A loaded model has status {models[0].status!r}, the fitted one {family.model.status!r}. Save the status.",
    )


def check_refit(family: Family) -> None:
    """A fit goes on from a loaded model as from the fitted one."""
    if not isinstance(family.estimator, Refittable):
        return
    refit = family.estimator.refit
    first, second = (
        saved(refit(start, family.train, seed=2, context=CONTEXT), family.folder)
        for start in (family.model, family.load(family.model))
    )
    expect(
        first == second,
        f"{title(family.estimator)}.refit goes on otherwise from a model that was saved and loaded. Save all it needs.",
    )


def check_samples(family: Family) -> None:
    """Samples have the size that was asked for, and follow from the seed."""
    name = f"The model of {title(family.estimator)}"
    for num in (1, NUM_SAMPLES):
        made = len(family.sample(family.model, num))
        expect(made == num, f"{name} generates {made} examples where {num} were asked for. Return exactly as many.")
    first, same, other = (saved(family.sample(family.model, seed=seed), family.folder) for seed in (1, 1, 2))
    expect(first == same, f"{name} samples otherwise with the same seed. Draw all that is random from the seed.")
    expect(first != other, f"{name} samples the same with another seed. Draw all that is random from the seed.")


def check_samples_as_data(family: Family) -> None:
    """Samples open as data, and mix with real ones."""
    directory = new_folder(family.folder)
    family.sample(family.model, 40).save(directory)
    opened: Dataset = family.domain.generated(directory)
    check_dataset(opened, f"Samples of {title(family.estimator)}")
    union = opened.slice(0, 10).concat([opened.slice(10, 40).weighted(0.5), family.train.slice(0, 2)])
    expect(len(union) == 42, f"40 samples and 2 real examples are {len(union)} together. Repair concat.")


def check_hyperparameters(family: Family) -> None:
    """A hyperparameter that is in no identity changes nothing; else results of one would pass for those of another."""
    for name, changed in _neighbours(family.estimator):
        same_fit, same_samples = (
            canonical_json(describe(before)) == canonical_json(describe(after))
            for before, after in (
                (family.estimator.fit_identity(len(family.train)), changed.fit_identity(len(family.train))),
                (family.estimator.sample_identity(), changed.sample_identity()),
            )
        )
        if not same_fit:
            continue
        other = family.fit(changed)
        expect(
            saved(other, family.folder) == saved(family.model, family.folder),
            f"{name} changes the fitted model of {title(changed)}, but not fit_identity. Put it in there.",
        )
        samples = [
            saved(family.sample(family.load(family.model, each)), family.folder) for each in (family.estimator, changed)
        ]
        expect(
            not same_samples or samples[0] == samples[1],
            f"{name} changes the samples of {title(changed)}, but neither identity. Put it into sample_identity.",
        )


def _neighbours(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Iterate over hyperparameters and the estimators in which one of them, a number or a truth value, is another."""
    for field in fields(estimator) if is_dataclass(estimator) else ():
        value = getattr(estimator, field.name)
        others = (
            [not value] if isinstance(value, bool) else [value + 1, value / 2] if isinstance(value, int | float) else []
        )
        for other in others:
            try:
                changed = replace(estimator, **{field.name: type(value)(other)})  # type: ignore[type-var]
            except (UserError, ValueError, TypeError):
                continue  # another value is none that it takes
            if getattr(changed, field.name) != value:
                yield field.name, changed
                break


def check_weights(family: Family) -> None:
    """Weights are honoured or refused."""
    half = len(family.train) // 2
    first, second = family.train.slice(0, half), family.train.slice(half, 2 * half)
    try:
        weighted = family.fit(data=first.concat([second.weighted(3.0)]))
    except UserError:
        return
    plain = family.fit(data=first.concat([second]))
    expect(
        saved(weighted, family.folder) != saved(plain, family.folder),
        f"{title(family.estimator)}.fit takes no notice of weights. Let each example count in the loss by its weight, "
        "or refuse unequal weights with a UserError.",
    )


def check_costs(family: Family) -> None:
    """Costs are positive and grow with the data, before the source is prepared, too."""
    estimator = family.estimator
    for name, cost in (("fit_cost", estimator.fit_cost), ("sample_cost", estimator.sample_cost)):
        for domain in (family.domain, None):
            small, large = cost(1000, domain), cost(10_000, domain)
            expect(
                0 < small.examples < large.examples and 0 < small.flops < large.flops,
                f"{title(estimator)}.{name} tells {small} of 1,000 examples and {large} of 10,000. Let examples and "
                "flops be positive and grow with the data, with the domain and with None.",
            )


def check_interruption(family: Family) -> None:
    """A run that is interrupted again and again ends as one that is not, to the bit."""
    check_resumption(family.estimator, family.source, family.folder, len(family.train))


CHECKS: tuple[Callable[[Family], None], ...] = (
    check_description, check_fits, check_loading, check_refit, check_samples, check_samples_as_data,
    check_hyperparameters, check_weights, check_costs, check_interruption,
)  # fmt: skip
