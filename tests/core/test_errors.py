import pytest

from etascope.core.errors import InputError, one_line, option

ALLOWED = ("sgd", "momentum", "adam", "adamw")


@pytest.mark.parametrize("value", ALLOWED)
def test_an_allowed_value_is_returned(value):
    assert option("optimizer", value, iter(ALLOWED)) == value


@pytest.mark.parametrize(
    ("value", "meant"), [("adm", "adam"), ("ADAM", "adam"), ("momentun", "momentum"), ("sg", "sgd")]
)
def test_a_near_miss_is_answered_with_what_was_meant(value, meant):
    with pytest.raises(InputError) as error:
        option("optimizer", value, ALLOWED)
    assert str(error.value) == (
        f"optimizer must be one of sgd, momentum, adam, adamw; found {value!r}. Did you mean {meant!r}?"
    )


@pytest.mark.parametrize("value", ["zebra", "", 3, None])
def test_a_far_miss_gets_the_list_alone(value):
    with pytest.raises(InputError) as error:
        option("optimizer", value, ALLOWED)
    assert str(error.value) == f"optimizer must be one of sgd, momentum, adam, adamw; found {value!r}."


def test_an_input_error_is_a_value_error():
    assert issubclass(InputError, ValueError)


def test_one_line_keeps_the_kind_and_the_first_line():
    assert one_line(ValueError("bad shape:\nand more")) == "ValueError: bad shape"
    assert one_line(KeyError()) == "KeyError"
