"""K-weighting (BS.1770-4): a shelf for the head, a high-pass for the ear's deafness to bass.

Both together are a filter of the fourth order. Run sample by sample it would be slow in Python and no faster than need
be in C: each sample waits for the one before. So it is run on blocks of 32 samples, where a matrix product gives all 32
at once from the block's samples and the filter's state before it; and the states of all blocks come from what each
block adds to them, by matrix products again, over groups of blocks, groups of groups, and so on.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from daemon.pipeline.listening.framing import Sound

LOWEST_RATE_HZ = 4000
"""The shelf's corner lies at 1,682 Hz: below this rate there is no room for it."""

_Matrix = npt.NDArray[np.float64]

_BLOCK = 32
_GROUP = 16
_ORDER = 4
_DOUBLINGS = 20
"""A million samples: long after the last of a filter's response, at any rate."""

# The weighting's analogue prototype, as libebur128 derives it from the coefficients that BS.1770 gives at 48 kHz.
_SHELF_HZ, _SHELF_DB, _SHELF_Q, _SHELF_SLOPE = (
    1681.974450955533,
    3.999843853973347,
    0.7071752369554196,
    0.4996667741545416,
)
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773


class KWeighting:
    """The filter over one channel that comes in blocks. All but the last are whole multiples of 32 samples."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._filter = _filter(sample_rate_hz)
        self._state = np.zeros(_ORDER, np.float32)
        self._inputs = np.zeros((0, _BLOCK + _ORDER), np.float32)
        self._weighted = np.zeros((0, _BLOCK), np.float32)

    def take(self, channel: Sound) -> Sound:
        """The weighted samples; to be read at once, the next are written over them."""
        blocks = -(-len(channel) // _BLOCK)
        if blocks != len(self._inputs):
            self._inputs = np.empty((blocks, _BLOCK + _ORDER), np.float32)
            self._weighted = np.empty((blocks, _BLOCK), np.float32)
        samples = _in_blocks(channel, blocks)
        states, self._state = self._filter.recurrence.states(samples @ self._filter.pushes, self._state)
        self._inputs[:, :_BLOCK] = samples
        self._inputs[:, _BLOCK:] = states
        np.matmul(self._inputs, self._filter.outputs, out=self._weighted)
        return self._weighted.reshape(-1)[: len(channel)]


class _Filter(NamedTuple):
    """The filter, by blocks of 32 samples."""

    outputs: npt.NDArray[np.float32]
    """(32 samples and the state before them, 32 weighted samples)."""
    pushes: npt.NDArray[np.float32]
    """(32 samples, what they add to the state)."""
    recurrence: _Recurrence
    """What becomes of the state over a block."""


def _in_blocks(channel: Sound, blocks: int) -> Sound:
    if len(channel) == blocks * _BLOCK:
        return channel.reshape(blocks, _BLOCK)
    padded = np.zeros(blocks * _BLOCK, np.float32)
    padded[: len(channel)] = channel
    return padded.reshape(blocks, _BLOCK)


class _Recurrence:
    """Every state is the one before times `transitions`, and a push on top."""

    def __init__(self, transitions: _Matrix) -> None:
        powers = [np.eye(_ORDER)]
        for _ in range(_GROUP):
            powers.append(powers[-1] @ transitions)
        self._over_a_group = powers[_GROUP]
        self._transitions = transitions.astype(np.float32)
        self._from_before = np.concatenate(powers[:_GROUP], axis=1).astype(np.float32)
        """(the state before a group, the states before each of its blocks)."""
        spread = np.zeros((_GROUP, _ORDER, _GROUP + 1, _ORDER))
        for push in range(_GROUP):
            for state in range(push + 1, _GROUP + 1):
                spread[push, :, state] = powers[state - push - 1]
        pushes = spread.reshape(_GROUP * _ORDER, -1).astype(np.float32)
        self._within, self._group_pushes = pushes[:, :-_ORDER].copy(), pushes[:, -_ORDER:].copy()
        """(a group's pushes, the states before each of its blocks, or after the last), beginning from nothing."""

    @cached_property
    def _of_groups(self) -> _Recurrence:
        return _Recurrence(self._over_a_group)

    def states(self, pushes: Sound, first: Sound) -> tuple[Sound, Sound]:
        """The state before each push, and the one after the last."""
        count = len(pushes)
        if count <= _GROUP:
            states = [first]
            for push in pushes:
                states.append(states[-1] @ self._transitions + push)
            return np.stack(states[:-1]), states[-1]
        groups = np.zeros((-(-count // _GROUP), _GROUP * _ORDER), np.float32)
        groups.reshape(-1, _ORDER)[:count] = pushes
        before, _ = self._of_groups.states(groups @ self._group_pushes, first)
        states_before = (groups @ self._within + before @ self._from_before).reshape(-1, _ORDER)[:count]
        return states_before, states_before[-1] @ self._transitions + pushes[-1]


@cache
def _filter(sample_rate_hz: int) -> _Filter:
    steps, push, output, through = _normalised(
        _chained(_section(*_shelf(sample_rate_hz)), _section(*_high_pass(sample_rate_hz)))
    )
    outputs = np.zeros((_BLOCK + _ORDER, _BLOCK))
    pushes = np.zeros((_BLOCK, _ORDER))
    response, power = [through], np.eye(_ORDER)
    for at in range(_BLOCK):
        outputs[_BLOCK:, at] = power @ output
        pushes[_BLOCK - 1 - at] = push @ power
        response.append(float(push @ power @ output))
        power = power @ steps
    for at in range(_BLOCK):
        outputs[at, at:_BLOCK] = response[: _BLOCK - at]
    return _Filter(outputs.astype(np.float32), pushes.astype(np.float32), _Recurrence(power))


class _Section(NamedTuple):
    """A filter in state space, states being rows: new state = state @ steps + sample * push, and
    output = state @ output + sample * through."""

    steps: _Matrix
    push: _Matrix
    output: _Matrix
    through: float


_Coefficients = tuple[float, float, float]


def _section(b: _Coefficients, a: _Coefficients) -> _Section:
    """From the coefficients of a filter of the second order (transposed direct form II)."""
    b, a = tuple(value / a[0] for value in b), tuple(value / a[0] for value in a)  # type: ignore[assignment]
    steps = np.array([[-a[1], -a[2]], [1.0, 0.0]])
    return _Section(steps, np.array([b[1] - a[1] * b[0], b[2] - a[2] * b[0]]), np.array([1.0, 0.0]), b[0])


def _chained(one: _Section, other: _Section) -> _Section:
    steps = np.block([[one.steps, np.outer(one.output, other.push)], [np.zeros((2, 2)), other.steps]])
    return _Section(
        steps,
        np.concatenate([one.push, one.through * other.push]),
        np.concatenate([one.output * other.through, other.output]),
        one.through * other.through,
    )


def _normalised(section: _Section) -> _Section:
    """The same filter with other states: for noise they are all equally strong, and independent of each other.

    In single precision this is what makes it exact: the high-pass's states are thousands of times as strong as what
    comes out of it otherwise, and cancel each other. Their covariance is summed up by doubling, over 2**_DOUBLINGS
    samples.
    """
    covariance, power = np.outer(section.push, section.push), section.steps
    for _ in range(_DOUBLINGS):
        covariance = covariance + power.T @ covariance @ power
        power = power @ power
    strength = np.linalg.cholesky(covariance).T
    weakness = np.linalg.inv(strength)
    return _Section(
        strength @ section.steps @ weakness, section.push @ weakness, strength @ section.output, section.through
    )


def _shelf(sample_rate_hz: int) -> tuple[_Coefficients, _Coefficients]:
    k = float(np.tan(np.pi * _SHELF_HZ / sample_rate_hz))
    high = 10 ** (_SHELF_DB / 20)
    band = high**_SHELF_SLOPE
    scale = 1 + k / _SHELF_Q + k * k
    numerator = (high + band * k / _SHELF_Q + k * k, 2 * (k * k - high), high - band * k / _SHELF_Q + k * k)
    denominator = (scale, 2 * (k * k - 1), 1 - k / _SHELF_Q + k * k)
    return numerator, denominator


def _high_pass(sample_rate_hz: int) -> tuple[_Coefficients, _Coefficients]:
    """The numerator is not scaled: so BS.1770 gives it."""
    k = float(np.tan(np.pi * _HIGH_PASS_HZ / sample_rate_hz))
    scale = 1 + k / _HIGH_PASS_Q + k * k
    return (1.0, -2.0, 1.0), (1.0, 2 * (k * k - 1) / scale, (1 - k / _HIGH_PASS_Q + k * k) / scale)
