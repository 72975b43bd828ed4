"""Compiled loops over the cache of a CPU; they release the interpreter, so that each thread can take some rows.

All arithmetic is single precision; the compiler may reorder sums (`fastmath`). The exponential is a polynomial, because
the compiler can then work on many positions at once; its relative error is below 3e-7.

Half of a sampler's time is attention, and near half of that waits for memory. With keys transposed in blocks of 64
positions it takes 37 to 40 us a token instead of 55, but the sampler as a whole gains 4 to 6 % only: not worth the code
(docs/LOG.md, 2026-11-21).

R rows, N of them in use, H heads, d width of a head, C context, T positions in use.
"""

import math

import numba
import numpy as np

ZERO, ONE = np.float32(0), np.float32(1)
LOWEST, SMALLEST = np.float32(-3.4e38), np.float32(1e-30)
LOG2_E = np.float32(math.log2(math.e))
LEAST_EXPONENT = np.float32(-126)  # of a normal float32
INT8_LEVELS = 127
WITHOUT_SIGN = np.int32(0x7FFFFFFF)
EXPONENT_BIAS, MANTISSA_BITS = np.int32(127), np.int32(23)
# 2^f = sum over k of (f ln 2)^k / k!, for |f| <= 1/2
P1, P2, P3, P4, P5, P6 = (np.float32(math.log(2) ** k / math.factorial(k)) for k in range(1, 7))


@numba.njit(nogil=True, cache=True)
def store(heads, numbers, scales, levels, rows, positions):
    """Keep the keys and values of heads (N, 3, H, d), each at the position of its row.

    Args:
        numbers: the cache, (2, R, H, C, d).
        scales: what its numbers are to be multiplied by, (2, R, H, C).
        levels: how many positive integers there are for a number; 0 keeps it as it is.
    """
    for n in range(len(rows)):
        for which in range(2):
            for head in range(heads.shape[2]):
                vector, place = heads[n, 1 + which, head], (which, rows[n], head, positions[n])
                scales[place] = _keep(vector, numbers[place], levels)


@numba.njit(nogil=True, cache=True)
def attend(heads, numbers, scales, rows, positions):
    """Return the attention (N, H, d) of queries to all positions of their rows, up to and with the given ones."""
    attended = np.empty((len(rows), heads.shape[2], heads.shape[3]), np.float32)
    weights, powers = np.empty(numbers.shape[3], np.float32), np.empty(numbers.shape[3], np.int32)
    factor = ONE / np.float32(math.sqrt(heads.shape[3]))
    for n in range(len(rows)):
        row, length = rows[n], positions[n] + 1
        for head in range(heads.shape[2]):
            _scores(heads[n, 0, head], numbers[0, row, head], scales[0, row, head], factor, weights[:length])
            total = _exponentials(weights[:length], powers[:length])
            _weighted_sum(weights[:length], numbers[1, row, head], scales[1, row, head], total, attended[n, head])
    return attended


@numba.njit(nogil=True, cache=True)
def round_rows(x):
    """Return the rows of x (N, I), rounded to 8-bit integers, and what they are to be multiplied by, (N,)."""
    numbers, scales = np.empty(x.shape, np.int8), np.empty(len(x), np.float32)
    for n in range(len(x)):
        scales[n] = _keep(x[n], numbers[n], INT8_LEVELS)
    return numbers, scales


@numba.njit(nogil=True, cache=True, fastmath=True)
def scale(products, row_scales, column_scales, bias):
    """Return products (N, O) of integers times the scales (N,) and (O,) of their factors, plus a bias (O,)."""
    result = np.empty(products.shape, np.float32)
    for n in range(len(products)):
        for j in range(len(bias)):
            result[n, j] = np.float32(products[n, j]) * (row_scales[n] * column_scales[j]) + bias[j]
    return result


@numba.njit(nogil=True, cache=True, fastmath=True)
def _keep(vector, target, levels):
    """Write a vector, rounded to so many levels, and return what it is to be multiplied by."""
    if levels == 0:
        for j in range(len(vector)):
            target[j] = vector[j]
        return ONE
    factor = np.float32(levels) / max(SMALLEST, _largest(vector))
    for j in range(len(vector)):
        target[j] = np.int32(np.rint(vector[j] * factor))
    return ONE / factor


@numba.njit(nogil=True, cache=True)
def _largest(vector):
    """Return the largest absolute number: the bits of floats without their sign are in the order of integers."""
    bits, highest = vector.view(np.int32), np.int32(0)
    for j in range(len(bits)):
        highest = max(highest, bits[j] & WITHOUT_SIGN)
    return np.int32(highest).view(np.float32)


@numba.njit(nogil=True, cache=True, fastmath=True)
def _scores(query, keys, scales, factor, scores):
    for t in range(len(scores)):
        product = ZERO
        for j in range(len(query)):
            product += query[j] * np.float32(keys[t, j])
        scores[t] = product * scales[t] * factor


@numba.njit(nogil=True, cache=True, fastmath=True)
def _exponentials(scores, powers):
    """Turn scores s into exp(s - max s) and return their sum."""
    highest = LOWEST
    for t in range(len(scores)):
        highest = max(highest, scores[t])
    for t in range(len(scores)):
        exponent = max((scores[t] - highest) * LOG2_E, LEAST_EXPONENT)
        whole = np.rint(exponent)
        f = exponent - whole
        powers[t] = (np.int32(whole) + EXPONENT_BIAS) << MANTISSA_BITS
        scores[t] = ONE + f * (P1 + f * (P2 + f * (P3 + f * (P4 + f * (P5 + f * P6)))))
    factors = powers.view(np.float32)
    total = ZERO
    for t in range(len(scores)):
        scores[t] *= factors[t]
        total += scores[t]
    return total


@numba.njit(nogil=True, cache=True, fastmath=True)
def _weighted_sum(weights, values, scales, total, result):
    """Write the mean of `values` by `weights`; four positions at a time save three of four writes."""
    num_fours = len(weights) // 4 * 4
    for t in range(len(weights)):
        weights[t] *= scales[t] / total
    for j in range(len(result)):
        result[j] = ZERO
    for t in range(0, num_fours, 4):
        a, b, c, d = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
        for j in range(len(result)):
            result[j] += (
                a * np.float32(values[t, j])
                + b * np.float32(values[t + 1, j])
                + c * np.float32(values[t + 2, j])
                + d * np.float32(values[t + 3, j])
            )
    for t in range(num_fours, len(weights)):
        for j in range(len(result)):
            result[j] += weights[t] * np.float32(values[t, j])
