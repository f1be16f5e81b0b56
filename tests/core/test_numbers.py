import pytest

from etascope.core.numbers import counted, nats, noise, percent, rate, up_or_down


@pytest.mark.parametrize(
    ("loss", "text"), [(2.302, "2.30"), (0.0949, "0.095"), (0.095, "0.10"), (0.00412, "0.0041"), (123456.0, "1.23e+05")]
)
def test_losses(loss, text):
    assert nats(loss) == text


@pytest.mark.parametrize(("share", "text"), [(0.49, "49 %"), (0.0195, "2 %"), (0.0194, "1.9 %"), (1.0, "100 %")])
def test_shares(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (0.0004, "unchanged"),
        (-0.5, "down 50 %"),
        (-0.994, "down 99 %"),
        (-0.996, "down more than 99 %"),
        (2.99, "up 299 %"),
        (3.0, "up 4-fold"),
    ],
)
def test_changes(change, text):
    assert up_or_down(change) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.01, "0.01"), (0.0316228, "0.0316"), (1.0, "1"), (1000.0, "1000"), (1e-6, "1e-06")]
)
def test_rates(value, text):
    assert rate(value) == text


def test_noise_shrinks_with_the_root_of_the_images_and_is_never_zero():
    assert noise(0.5, 400) == pytest.approx(noise(0.5, 100) / 2)
    assert noise(1.0, 200) == pytest.approx(noise(0.0, 200))
    assert 0 < noise(1.0, 200) < noise(0.9, 200)


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 trials"), (1, "1 trial"), (1.0, "1 trial"), (1.001, "1 trial"),
                             (1.01, "1.01 trials"), (1300.4, "1,300 trials"), (1234567, "1,234,567 trials"),
                             (0.35, "0.35 trials")]
)  # fmt: skip
def test_counts_agree_with_their_nouns(number, expected):
    assert counted(number, "trial") == expected
