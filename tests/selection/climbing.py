"""Climbing trainings in closed form, and what each finder's published computation makes of them, step by step.

The references were written anew from what the published sources do, with the operations of the originals (torch where
they use torch), one line of theirs after the other; they share nothing with the package.
"""

import numpy as np
from hypothesis import strategies as st


@st.composite
def climbs(draw, steps=(12, 30, 100)):
    """Return rates and losses: flat, a fall, a rise, noise (so that no two slopes tie); some end in NaN."""
    n = draw(st.sampled_from(steps))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    x = np.linspace(-7, 1, n)
    knee = draw(st.floats(-4, -1))
    wall = knee + draw(st.floats(0.3, 2.5))
    losses = 2.3 - draw(st.floats(0, 2)) / (1 + np.exp(-3 * (x - knee))) + np.exp(np.minimum(4 * (x - wall), 30))
    losses = np.abs(losses + rng.normal(0, draw(st.sampled_from([0.001, 0.01, 0.3])), n)) + 1e-3
    if draw(st.booleans()):
        losses[draw(st.integers(1, n)) :] = np.nan
    return 10**x, losses


def fastai(rates, losses):
    """Return the rates and losses that fastai's `lr_find` hands to its rules."""
    mean, smooth, lowest = 0.0, [], float("inf")
    for count, loss in enumerate(losses, 1):
        mean = 0.98 * mean + (1 - 0.98) * loss
        smooth.append(mean / (1 - 0.98**count))
        if smooth[-1] < lowest:
            lowest = smooth[-1]
        if smooth[-1] > 4 * lowest:
            break
    first = len(losses) // 10
    rates, smooth = list(rates[: len(smooth)][first:-5]), smooth[first:-5]
    for i, value in enumerate(smooth):
        if np.isnan(value):
            return np.array(rates[:i]), np.array(smooth[:i])
    return np.array(rates), np.array(smooth)


def valley(rates, smooth):
    """The longest falling subsequence by the double loop over pairs."""
    lengths = [1] * len(smooth)
    begin = end = 0
    for here in range(1, len(smooth)):
        for before in range(here):
            if smooth[here] < smooth[before] and lengths[here] < lengths[before] + 1:
                lengths[here] = lengths[before] + 1
            if lengths[end] < lengths[here]:
                end, begin = here, here - lengths[here]
    third = (end - begin) / 3
    return rates[begin + int(third) + int(third / 2)]


def slide(rates, smooth):
    """Counts from the end with negative indices; too short a curve raises IndexError."""
    slope = np.gradient(smooth) if len(smooth) > 1 else smooth
    right, left = -1, -16
    answer = rates[left]
    while left >= -len(smooth) and abs(slope[right] - slope[left]) > 0.005:
        answer = rates[left]
        right, left = right - 1, left - 1
    return answer


def minimum(rates, smooth):
    """ValueError on an empty curve."""
    return rates[smooth.argmin()] / 10


def steep(rates, smooth):
    """ValueError on a curve without a step."""
    import torch

    rates, smooth = torch.tensor(rates), torch.tensor(smooth)
    slopes = (smooth[1:] - smooth[:-1]) / (rates[1:].log() - rates[:-1].log())
    return rates[slopes.argmin()].item() if len(slopes) else [][0]


def smoothed_by_005(losses):
    """What torch-lr-finder and ignite record, up to where they stop."""
    history, best = [], None
    for loss in losses:
        value = loss if not history else 0.05 * loss + (1 - 0.05) * history[-1]
        if best is None or value < best:
            best = value
        history.append(value)
        if value > 5 * best:
            break
    return history


def torch_lr_finder(rates, losses):
    """Raises ValueError where there are too few for a gradient."""
    history = smoothed_by_005(losses)
    rates, history = rates[: len(history)][10:-5], np.array(history[10:-5])
    if len(history) < 2:
        raise ValueError
    return rates[np.gradient(history).argmin()]


def lightning(rates, losses):
    """The callback's loop, counting steps from 1 as its trainer does at the end of a batch; then torch.gradient."""
    import torch

    mean, best, logged = 0.0, 0.0, []
    for step, loss in enumerate(losses, 1):
        mean = 0.98 * mean + (1 - 0.98) * loss
        value = mean / (1 - 0.98 ** (step + 1))
        stop = step > 1 and value > 4 * best
        if value < best or step == 1:
            best = value
        logged.append(value)
        if stop:
            break
    curve = torch.tensor(logged[10:-1], dtype=torch.float64)
    axis = torch.tensor(rates[: len(logged)][10:-1], dtype=torch.float64)
    fine = torch.isfinite(curve)
    curve, axis = curve[fine], axis[fine]
    if len(curve) < 2:
        raise ValueError
    return axis[torch.argmin(torch.gradient(curve, spacing=[axis])[0])].item()


def ignite(rates, losses):
    """Raises ValueError where fewer than three losses fall."""
    import torch

    history = smoothed_by_005(losses)
    falling = torch.tensor(history[: int(torch.tensor(history, dtype=torch.float64).argmin()) + 1], dtype=torch.float64)
    if len(falling) < 3:
        raise ValueError
    slopes = torch.tensor([0.5 * (falling[i + 1] - falling[i - 1]) for i in range(1, len(falling) - 1)])
    return rates[int(slopes.argmin()) + 1]
