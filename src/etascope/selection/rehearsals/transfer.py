"""What each learning rate may lose at the whole length, drawn from short trainings: `transfer_draws`, `Rehearsed`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from etascope.selection.regret import CAP, JITTER, POLYNOMIAL, Draws, factor, kernel, run_around_best
from etascope.selection.rehearsals.drift import Drift

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Constants:
    """The constants of the model; found on the jobs of a study, tested on others.

    Attributes
    ----------
    prior, prior_length
        Deviation of the curve about a parabola, in points over the root of the scale, and its length in decades.
    bias, bias_growth, bias_length
        Deviation of what the loss of a rehearsal misses of the accuracy at the whole length, in points over the root of
        the scale, its growth with each decade between the lengths, and the length over which it changes, in decades.
    slack, run
        Noise that grows with what is lost, as a share of it; and of a single run, as a share of the scale and of
        twice the loss.
    rest, rest_growth
        Deviation of what the drift leaves unexplained, in decades, at equal lengths and more a decade between them.
    customary
        Deviation of the best rate about the customary middle, in decades.
    """

    prior: float = 0.6
    prior_length: float = 0.45
    bias: float = 0.10
    bias_growth: float = 0.10
    bias_length: float = 0.4
    slack: float = 0.3
    run: float = 0.015
    rest: float = 0.10
    rest_growth: float = 0.05
    customary: float = 0.7


CONSTANTS = Constants()
#: Slopes of the drift that are weighed against each other: as many quantiles of what is expected.
SLOPES = 15
#: The least deviation of a score, in points.
LEAST = 0.14


@dataclass(frozen=True, eq=False)
class Rehearsed:
    """The trainings of one length.

    Attributes
    ----------
    steps
        Their length.
    log_rates
        `(rates,)` float64, ascending: decimal logarithms.
    points
        `(rates,)` float64: what each lost against the best of them, in points of accuracy (or what stands for them).
    variance
        `(rates,)` float64: of that, by the sampling of validation examples, in points squared.
    """

    steps: int
    log_rates: Array
    points: Array
    variance: Array


def transfer_draws(
    levels: Sequence[Rehearsed], steps: int, drift: Drift, scale: float, middle: float, *,
    constants: Constants = CONSTANTS, draws: int = 3000, seed: int = 0, step: float = 0.02,
) -> Draws:  # fmt: skip
    """Draw curves of what each learning rate would lose in a training of `steps` steps, given shorter ones.

    With x the decimal logarithm of a rate, g the decimal logarithm of `steps` over the length of a rehearsal, and b the
    slope of the drift, what a rate lost there is

        d = c + R(x - b g - m) + noise

    where m is what momentum misses in so few steps (`Drift.gathering`),

    R is a parabola with wide priors plus a Gaussian process, the same for all lengths, and c a constant a length. The
    noise has the variance of the examples, that of a single run, a part that grows with d, and one that is alike for
    near rates of one length. The slope is normal with the mean and the deviation of its family; each of 15 quantiles is
    weighed by the likelihood of the measured losses, so that lengths which disagree tell the drift of this very job.
    Each drawn R is moved by what a drift leaves unexplained, and weighed by how far its best rate lies from the
    `middle` that is customary. Regret is R less its lowest value. Deterministic: equal arguments give equal draws.

    Parameters
    ----------
    levels
        At least one, with at least one rate.
    steps
        The length to carry to.
    drift
        What is expected of the slope.
    scale
        Points of accuracy that one unit of log loss is worth.
    middle
        Decimal logarithm of the rate about which the best one is expected.

    Examples
    --------
    >>> x = np.linspace(-3, -1, 9)
    >>> level = Rehearsed(100, x, 4 * (x + 2) ** 2, np.full(9, 0.01))
    >>> drawn = transfer_draws([level], 1000, Drift(0.5, 0.05), 8.0, -2.0)
    >>> 10**-2.7 < drawn.best() < 10**-2.3
    True
    """
    data = _data(levels, steps, drift, scale, constants)
    slopes = [drift.mean + drift.deviation * NormalDist().inv_cdf((k + 0.5) / SLOPES) for k in range(SLOPES)]
    reach = (drift.mean + 2 * drift.deviation) * float(data.gaps.max()) + drift.gathering(levels[0].steps, steps)
    low, high = float(data.x.min()) - max(reach, 0.0) - 0.2, float(data.x.max()) + 0.4
    grid: Array = step * np.arange(math.floor(low / step), math.ceil(high / step) + 1, dtype=np.float64)
    centre = float(np.median(data.x))
    fits = [_Fit.of(data, slope, centre, scale, constants) for slope in slopes]
    likely = np.exp(np.array([fit.log_likelihood for fit in fits]) - max(fit.log_likelihood for fit in fits))
    generator = np.random.default_rng(seed)
    # Systematic resampling: as many curves a slope as it is likely, and no slope by luck.
    edges = np.floor(np.cumsum(likely / likely.sum()) * draws + 1e-9).astype(np.int64)
    counts = np.diff(edges, prepend=0)
    curves: Array = np.concatenate(
        [fit.draw(grid - centre, int(count), generator) for fit, count in zip(fits, counts, strict=True) if count]
    )
    rest = constants.rest + constants.rest_growth * float(data.gaps.min())
    moved = np.rint(generator.normal(0.0, rest, len(curves)) / step).astype(np.int64)
    index = np.clip(np.arange(len(grid))[None, :] + moved[:, None], 0, len(grid) - 1)
    curves = np.take_along_axis(curves, index, axis=1)
    curves -= curves.min(axis=1, keepdims=True)
    usual = np.exp(-0.5 * ((grid[curves.argmin(axis=1)] - middle) / constants.customary) ** 2)
    places = (np.arange(draws) + 0.5) / draws
    chosen = np.searchsorted(np.cumsum(usual / usual.sum()), places).clip(max=len(curves) - 1)
    return Draws(10.0**grid, curves[chosen])


@dataclass(frozen=True, eq=False)
class _Data:
    """All trainings in one row each: rates without what momentum misses, points, variances, level, gap and bias."""

    x: Array
    d: Array
    noise: Array
    level: NDArray[np.int64]
    gaps: Array
    bias: Array


def _data(levels: Sequence[Rehearsed], steps: int, drift: Drift, scale: float, constants: Constants) -> _Data:
    x, d, variance, level, gaps = list[Array](), list[Array](), list[Array](), list[int](), list[float]()
    for number, one in enumerate(levels):
        # Beside the valley a curve falls off a cliff, which no stationary process can follow.
        run = run_around_best(one.points)
        x.append(one.log_rates[run] - drift.gathering(one.steps, steps))
        d.append(np.minimum(one.points[run], CAP))
        variance.append(one.variance[run])
        level += [number] * len(d[-1])
        gaps += [max(math.log10(steps / one.steps), 0.0)] * len(d[-1])
    lost, gap = np.concatenate(d), np.array(gaps)
    noise = np.concatenate(variance) + (constants.slack * lost) ** 2
    noise += (constants.run * (scale + 2 * lost)) ** 2 + LEAST**2
    bias = constants.bias + constants.bias_growth * gap
    return _Data(np.concatenate(x), lost, noise, np.array(level, np.int64), gap, bias)


@dataclass(frozen=True, eq=False)
class _Fit:
    """The curve at one slope of the drift, given the trainings."""

    places: Array
    triangle: Array
    whitened: Array
    scale: float
    constants: Constants

    @classmethod
    def of(cls, data: _Data, slope: float, centre: float, scale: float, constants: Constants) -> _Fit:
        places = data.x - slope * data.gaps - centre
        same = (data.level[:, None] == data.level[None, :]).astype(np.float64)
        covariance = _prior(places, places, scale, constants) + POLYNOMIAL[0] ** 2 * same + np.diag(data.noise + JITTER)
        covariance += same * np.outer(data.bias, data.bias) * scale * kernel(places, places, constants.bias_length)
        triangle = np.asarray(np.linalg.cholesky(covariance), np.float64)
        whitened = np.asarray(np.linalg.solve(triangle, data.d), np.float64)
        return cls(places, triangle, whitened, scale, constants)

    @property
    def log_likelihood(self) -> float:
        return float(-0.5 * self.whitened @ self.whitened - np.log(np.diag(self.triangle)).sum())

    def draw(self, grid: Array, count: int, generator: np.random.Generator) -> Array:
        across = np.linalg.solve(self.triangle, _prior(self.places, grid, self.scale, self.constants))
        covariance = _prior(grid, grid, self.scale, self.constants) - across.T @ across
        noise = generator.standard_normal((count, len(grid)))
        return np.asarray(across.T @ self.whitened + noise @ factor(covariance).T, np.float64)


def _prior(a: Array, b: Array, scale: float, constants: Constants) -> Array:
    _, linear, quadratic = (deviation**2 for deviation in POLYNOMIAL)
    product = np.outer(a, b)
    return linear * product + quadratic * product**2 + constants.prior**2 * scale * kernel(a, b, constants.prior_length)
