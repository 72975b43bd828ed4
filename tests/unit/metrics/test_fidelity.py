"""Overlap, Fréchet distance, Vendi score and principal components against definitions, closed forms and invariances."""

import math

import numpy as np
import pytest

from genloop.metrics.features import PrincipalComponents
from genloop.metrics.fidelity import EncoderFidelity, compare
from genloop.metrics.frechet import frechet_distance
from genloop.metrics.modes import effective_number, nearest_modes
from genloop.metrics.prdc import overlap
from genloop.metrics.vendi import typical_squared_distance, vendi_score


def normal(num: int, dimension: int, *, seed: int, mean: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return mean + scale * np.random.default_rng(seed).normal(size=(num, dimension))


def defined_overlap(real: np.ndarray, synthetic: np.ndarray, k: int) -> tuple[float, ...]:
    """Return the four numbers, word for word after their definitions."""

    def radius(x: np.ndarray, others: np.ndarray) -> float:
        return sorted(np.linalg.norm(x - other) for other in others)[k]  # the nearest is x itself

    def inside(y: np.ndarray, balls: list[tuple[np.ndarray, float]]) -> int:
        return sum(np.linalg.norm(y - centre) <= r for centre, r in balls)

    of_real = [(x, radius(x, real)) for x in real]
    of_synthetic = [(y, radius(y, synthetic)) for y in synthetic]
    return (
        sum(inside(y, of_real) > 0 for y in synthetic) / len(synthetic),
        sum(inside(x, of_synthetic) > 0 for x in real) / len(real),
        sum(inside(y, of_real) for y in synthetic) / (k * len(synthetic)),
        sum(any(inside(y, [ball]) for y in synthetic) for ball in of_real) / len(real),
    )


@pytest.mark.parametrize(("num_real", "num_synthetic"), [(30, 30), (17, 25)])
def test_overlap_follows_its_definition(num_real, num_synthetic):
    real, synthetic = normal(num_real, 3, seed=0), normal(num_synthetic, 3, seed=1, mean=0.5, scale=0.7)
    assert overlap(real, synthetic, 3) == pytest.approx(defined_overlap(real, synthetic, 3), abs=1e-12)


def test_overlap_of_equal_and_of_distant_sets():
    vectors = normal(50, 4, seed=0)
    assert overlap(vectors, vectors[::-1], 5)[:2] == (1, 1)
    assert overlap(vectors, vectors, 5).coverage == 1
    assert overlap(vectors, vectors + 100, 5) == (0, 0, 0, 0)


def test_overlap_expected_of_one_distribution():
    """Density 1 (Naeem et al., lemma 1) and coverage 1 - ((N-1)...(N-k))/((2N-1)...(2N-k)), averaged over draws."""
    num, k, draws = 60, 3, 200
    found = [overlap(normal(num, 2, seed=2 * i), normal(num, 2, seed=2 * i + 1), k) for i in range(draws)]
    missed = math.prod((num - i) / (2 * num - i) for i in range(1, k + 1))
    for values, expected in (([f.density for f in found], 1.0), ([f.coverage for f in found], 1 - missed)):
        assert np.mean(values) == pytest.approx(expected, abs=4 * np.std(values) / math.sqrt(draws))


def test_one_repeated_vector_is_precise_and_recalls_nothing():
    real = normal(50, 4, seed=0)
    repeated = np.repeat(real.mean(0, keepdims=True), 50, axis=0)
    found = overlap(real, repeated, 5)
    assert found.precision == 1
    assert found.recall == 0
    assert found.coverage < 0.5


def test_overlap_needs_a_kth_neighbour():
    assert all(math.isnan(value) for value in overlap(normal(5, 2, seed=0), normal(9, 2, seed=1), 5))
    assert not any(math.isnan(value) for value in overlap(normal(6, 2, seed=0), normal(9, 2, seed=1), 5))


def with_moments(mean: np.ndarray, covariance: np.ndarray, num: int, *, seed: int) -> np.ndarray:
    """Return vectors whose sample mean and covariance are exactly these."""
    drawn = np.random.default_rng(seed).normal(size=(num, len(mean)))
    drawn -= drawn.mean(0)
    white = drawn @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T))).T
    return mean + white @ np.linalg.cholesky(covariance).T


def test_frechet_distance_in_closed_form():
    """Diagonal covariances: |difference of means|^2 + sum of (sigma_a - sigma_b)^2."""
    means, sigmas = np.array([[0.0, 1, 2], [1.0, 1, 0]]), np.array([[1.0, 2, 3], [0.5, 2, 4]])
    a, b = (with_moments(m, np.diag(s**2), 20, seed=i) for i, (m, s) in enumerate(zip(means, sigmas, strict=True)))
    expected = np.square(means[0] - means[1]).sum() + np.square(sigmas[0] - sigmas[1]).sum()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_covariances_that_do_not_commute():
    """tr (C_a C_b)^(1/2) of 2x2 matrices is sqrt(tr(C_a C_b) + 2 sqrt(det(C_a C_b)))."""
    c, d = np.array([[2.0, 1], [1, 3]]), np.array([[1.0, -0.5], [-0.5, 0.5]])
    trace = math.sqrt(np.trace(c @ d) + 2 * math.sqrt(np.linalg.det(c @ d)))
    found = frechet_distance(with_moments(np.zeros(2), c, 9, seed=0), with_moments(np.zeros(2), d, 30, seed=1))
    assert found == pytest.approx(np.trace(c) + np.trace(d) - 2 * trace, rel=1e-9)


def test_frechet_distance_with_fewer_vectors_than_values():
    """Vectors that vary in a plane have the distance of the plane, however many values they have."""
    a, b = normal(8, 2, seed=0), normal(12, 2, seed=1, mean=1.0)
    plane = np.linalg.qr(normal(40, 40, seed=2))[0][:2]
    assert frechet_distance(a @ plane, b @ plane) == pytest.approx(frechet_distance(a, b), rel=1e-9)


def test_frechet_distance_is_a_squared_distance():
    a, b = normal(30, 5, seed=0), normal(20, 5, seed=1, scale=2.0)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-12)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)
    assert frechet_distance(3 * a + 7, 3 * b + 7) == pytest.approx(9 * frechet_distance(a, b), rel=1e-9)


def test_vendi_score_counts_groups():
    centres = 100 * np.eye(4)
    assert vendi_score(np.repeat(centres, 6, axis=0), 1.0) == pytest.approx(4, rel=1e-6)
    assert vendi_score(np.repeat(centres[:1], 6, axis=0), 1.0) == pytest.approx(1, rel=1e-6)
    assert vendi_score(centres, 1.0) == pytest.approx(4, rel=1e-6)
    uneven = np.repeat(centres[:2], [9, 3], axis=0)
    assert vendi_score(uneven, 1.0) == pytest.approx(effective_number(np.array([9, 3])), rel=1e-6)


def test_vendi_score_of_two_vectors_in_closed_form():
    """K / 2 has eigenvalues (1 + s) / 2 and (1 - s) / 2, with s = exp(-distance^2 / scale)."""
    similarity = math.exp(-9 / 4)
    shares = np.array([1 + similarity, 1 - similarity]) / 2
    expected = math.exp(-(shares * np.log(shares)).sum())
    assert vendi_score(np.array([[0.0], [3.0]]), 4.0) == pytest.approx(expected, rel=1e-12)


def test_typical_distance_leaves_out_a_vectors_distance_to_itself():
    assert typical_squared_distance(np.array([[0.0], [3.0]])) == 9
    assert typical_squared_distance(np.array([[0.0], [1.0], [3.0]])) == 4


def test_components_are_those_of_the_covariance():
    vectors = normal(40, 6, seed=0) @ np.diag([5, 4, 3, 2, 1, 0.5]) + 10
    components = PrincipalComponents.of(vectors, 3)
    projected = components.project(vectors)
    assert components.axes.T @ components.axes == pytest.approx(np.eye(3), abs=1e-10)
    variances = np.linalg.eigvalsh(np.cov(vectors.T))[::-1]
    assert np.cov(projected.T) == pytest.approx(np.diag(variances[:3]), abs=1e-9 * variances[0])
    assert projected.mean(0) == pytest.approx(0, abs=1e-10)


def test_components_without_variance_are_left_out():
    plane = (normal(40, 2, seed=0) @ normal(2, 50, seed=1)).astype(np.float32)
    components = PrincipalComponents.of(plane, 10)
    assert components.axes.shape == (50, 2)
    again = components.project(plane) @ components.axes.T + components.mean
    assert again == pytest.approx(plane, abs=1e-4)  # float32, of values around 1


def test_modes_are_clusters_of_real_vectors():
    centres = np.array([[0.0, 0], [10, 0], [0, 10]])
    real = np.repeat(centres, 10, axis=0) + normal(30, 2, seed=0, scale=0.1)
    modes = nearest_modes(real, np.array([[1.0, 1], [2, 0], [9, 1], [100, 0]]), 3)
    assert modes[0] == modes[1] != modes[2] == modes[3]
    assert effective_number(np.bincount([0, 1, 2])) == pytest.approx(3)
    assert effective_number(np.bincount([5, 5])) == pytest.approx(1)


def test_comparison_names_its_values_and_is_empty_of_few_images():
    values = EncoderFidelity.values
    found = compare(normal(20, 2, seed=0), normal(20, 2, seed=1), 5, values)
    assert list(found) == [value.name for value in values]
    assert all(math.isfinite(value) for value in found.values())
    assert all(math.isnan(value) for value in compare(np.zeros((9, 2)), np.zeros((9, 2)), 5, values).values())
