import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.training.pytorch.group_rates import (
    GroupRates,
    multiples,
    rate_ratios,
    refuse_schedulers,
    require_multiples,
    window_tried,
)

TRIED = window_tried(None, None)
SCHEDULERS = torch.optim.lr_scheduler


def weights(count=1):
    return [torch.nn.Parameter(torch.ones(2)) for _ in range(count)]


def sgd(*rates):
    return torch.optim.SGD([{"params": [w], "lr": r} for w, r in zip(weights(len(rates)), rates, strict=True)], lr=1.0)


def built(*rates):
    """Return what builds a single optimizer with a group for each of these functions of the rate."""
    return lambda learning_rate: [sgd(*(one(learning_rate) for one in rates))]


@settings(deadline=None)
@given(share=st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=4))
def test_multiples_are_found_whatever_they_are(share):
    factor = multiples(built(*(lambda rate, s=s: s * rate for s in share)), TRIED)
    one = max(share)
    expected = share if not math.isclose(one, 1, rel_tol=0.01) else [s / one for s in share]
    assert factor[0] == pytest.approx(expected, rel=1e-9)


def test_a_rate_that_is_rounded_or_a_tensor_is_the_rate():
    assert multiples(built(lambda rate: float(f"{rate:.3g}")), TRIED) == [[1.0]]
    single = multiples(lambda rate: [torch.optim.Adam(weights(), lr=torch.tensor(rate))], TRIED)
    assert single == [[1.0]]
    pair = multiples(lambda rate: [sgd(rate), sgd(0.5 * rate, 0.0)], TRIED)
    assert pair == [[1.0], [0.5, 0.0]]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            built(lambda rate: 0.002),
            r"must use the learning rate that it is given; found SGD at 0\.002 whatever it is\. Pass it on: "
            r"torch\.optim\.SGD\(groups, lr=learning_rate\)\.$",
        ),
        (
            built(lambda rate: rate, lambda rate: 0.002),
            r"found parameter group 2 of 2 \(SGD\) at 0\.002 whatever it is\. Make it a multiple of it: lr=0\.1 \*",
        ),
        (
            lambda rate: [sgd(rate), torch.optim.AdamW(weights(), lr=0.003)],
            r"found parameter group 2 of 2 \(AdamW\) at 0\.003 whatever it is",
        ),
        (built(lambda rate: min(rate, 0.05)), r"makes of 1\.3e-05 1\.3e-05 and of 0\.0855 0\.05\. .* low= and high="),
        (built(lambda rate: max(rate, 1e-3)), r"makes of 1\.3e-05 0\.001 and of 0\.00105 0\.00105"),
        (built(lambda rate: round(rate, 5)), "the same multiple of every learning rate"),
        (built(math.sqrt), "the same multiple of every learning rate"),
        (built(lambda rate: rate + 1e-4), "the same multiple of every learning rate"),
        (built(lambda rate: round(rate, 0)), "all 0"),
        (
            lambda rate: [sgd(*[rate] * (2 if rate > 0.1 else 1))],
            r"same parameter groups .* found 1, 2 at 1\.3e-05 and",
        ),
    ],
)
def test_groups_that_do_not_follow_are_refused_in_a_sentence(build, message):
    with pytest.raises(InputError, match=message) as caught:
        multiples(build, TRIED)
    assert "\n" not in str(caught.value)


def test_a_factory_that_is_a_schedule_of_its_calls_is_refused():
    calls = []

    def build(rate):
        calls.append(rate)
        return [sgd(rate * 0.9 ** len(calls))]

    with pytest.raises(InputError, match="the same multiple of every learning rate"):
        multiples(build, TRIED)


def test_within_the_limits_of_a_search_a_clamp_may_stand():
    assert multiples(built(lambda rate: min(rate, 0.05)), window_tried(None, 0.05)) == [[1.0]]
    assert multiples(built(lambda rate: max(rate, 1e-3)), window_tried(1e-3, None)) == [[1.0]]
    assert window_tried(5.0, None) == [2.5, 5.0]
    assert window_tried(1e-9, 1e-8) == pytest.approx([1e-9, 1e-8])
    assert window_tried(None, 1e-7) == [5e-8, 1e-7]
    require_multiples([sgd(0.3, 0.03)], 0.3, [[1.0, 0.1]])
    with pytest.raises(InputError, match=r"of 0\.3 it made 0\.05 in place of 0\.03"):
        require_multiples([sgd(0.3, 0.05)], 0.3, [[1.0, 0.1]])
    with pytest.raises(InputError, match=r"found others at 0\.3"):
        require_multiples([sgd(0.3)], 0.3, [[1.0, 0.1]])


def test_ratios_are_shares_of_the_largest():
    assert rate_ratios([sgd(1.0, 0.5), sgd(2.0)]) == [[0.5, 0.25], [1.0]]


def test_rates_are_set_at_their_ratios_times_the_multiple():
    optimizer = sgd(0.2, 0.02)
    rates = GroupRates([optimizer], 0.5)
    rates.set(3.0)
    rates.after_step()
    rates.look()
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([1.5, 0.15])


def test_one_that_loads_a_state_has_new_groups_and_goes_on():
    optimizer = sgd(1.0)
    state = optimizer.state_dict()
    rates = GroupRates([optimizer])
    optimizer.load_state_dict(state)
    rates.set(0.25)
    rates.after_step()
    assert optimizer.param_groups[0]["lr"] == 0.25


def changed(optimizer, lr):
    optimizer.param_groups[-1]["lr"] = lr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: changed(o, 0.01), r"it was set to 0\.5 and was 0\.01 after step 1 of SGD\. Leave out what changes"),
        (lambda o: changed(o, torch.tensor(0.01)), r"it was set to 0\.5 and was 0\.01"),
        (lambda o: changed(o, 0.49998), r"it was set to 0\.5 and was 0\.49998"),
        (lambda o: changed(o, math.nan), "and was nan"),
        (
            lambda o: o.add_param_group({"params": weights(), "lr": 0.1}),
            r"stay those that optimizer returned, 2; found 3",
        ),
        (lambda o: SCHEDULERS.LambdaLR(o, lambda t: 1.0), "a scheduler beside it has no say; found one of SGD"),
        (lambda o: SCHEDULERS.StepLR(o, 5), "a scheduler beside it has no say"),
        (lambda o: SCHEDULERS.OneCycleLR(o, 0.1, total_steps=9), "a scheduler beside it has no say"),
    ],
)
def test_what_changes_a_rate_in_a_step_is_refused(change, message):
    optimizer = sgd(1.0, 1.0)
    rates = GroupRates([optimizer])
    rates.set(0.5)
    change(optimizer)
    with pytest.raises(InputError, match=message):
        rates.after_step()


def test_what_changes_a_rate_late_or_between_steps_is_refused():
    optimizer = sgd(1.0)
    plateau = SCHEDULERS.ReduceLROnPlateau(optimizer, patience=3)
    rates = GroupRates([optimizer])
    with pytest.raises(InputError, match=r"was 0\.05 after step 5"):  # noqa: PT012
        for _ in range(9):
            rates.set(0.5)
            plateau.step(1.0)
            rates.after_step()
    rates = GroupRates([optimizer])
    rates.set(0.5)
    rates.after_step()
    changed(optimizer, 0.1)
    with pytest.raises(InputError, match=r"was 0\.1 after step 1"):
        rates.look()
    with pytest.raises(InputError, match=r"was 0\.1 after step 1"):
        rates.set(0.5)


def test_what_puts_a_rate_back_is_left_alone():
    optimizer = sgd(1.0)
    rates = GroupRates([optimizer])
    for rate in (0.3, 0.1, 1e-30, 1e38, 0.0):
        rates.set(rate)
        optimizer.param_groups[0]["lr"] *= 3
        optimizer.param_groups[0]["lr"] /= 3
        rates.after_step()
        rates.look()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_rate_that_is_a_tensor_stays_one_and_is_looked_at(dtype):
    optimizer = torch.optim.Adam(weights(), lr=torch.tensor(0.5, dtype=dtype))
    rates = GroupRates([optimizer])
    for rate in (0.3, 1e-5, 0.017):
        rates.set(rate)
        rates.after_step()
    assert isinstance(optimizer.param_groups[0]["lr"], torch.Tensor)
    optimizer.param_groups[0]["lr"].mul_(0.5)
    with pytest.raises(InputError, match=r"it was set to 0\.017 and was 0\.008"):
        rates.look()


def test_an_optimizer_that_adapts_by_itself_keeps_its_rate():
    from prodigyopt import Prodigy

    (weight,) = weights()
    optimizer = Prodigy([weight], lr=1.0)
    rates = GroupRates([optimizer])
    for _ in range(20):
        rates.set(1.0)
        weight.grad = torch.ones(2)
        optimizer.step()
        rates.after_step()
    assert optimizer.param_groups[0]["d"] > 0
    refuse_schedulers([optimizer])
