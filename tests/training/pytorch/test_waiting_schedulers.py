import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from etascope.core.errors import InputError
from etascope.torch import pick
from etascope.training.pytorch.waiting_schedulers import noticed
from tests.test_torch import loaders
from tests.training.pytorch.networks import Linear


def sgd():
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)


def test_a_scheduler_is_noticed_however_it_is_made_and_only_inside_the_block():
    class Own(ReduceLROnPlateau):
        pass

    plain, optimizers = ReduceLROnPlateau.__init__, [sgd() for _ in range(3)]
    with noticed() as made:
        ReduceLROnPlateau(optimizers[0], patience=3)
        ReduceLROnPlateau(optimizer=optimizers[1])
        assert Own(optimizers[2], "max").mode == "max"
        torch.optim.lr_scheduler.StepLR(sgd(), 3)
    assert [id(one) for one in made] == [id(one) for one in optimizers]
    assert ReduceLROnPlateau.__init__ is plain
    with pytest.raises(TypeError), noticed():
        ReduceLROnPlateau(sgd(), patience="long", never="heard of")
    assert ReduceLROnPlateau.__init__ is plain


def test_a_block_inside_keeps_what_it_collects():
    with noticed() as outer:
        with noticed() as inner:
            ReduceLROnPlateau(sgd())
        ReduceLROnPlateau(sgd())
    assert (len(outer), len(inner)) == (1, 1)


def test_that_of_transformers_too():
    from transformers.optimization import GreedyLR

    with noticed() as made:
        GreedyLR(sgd())
    assert len(made) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_one_of_a_factory_is_refused(kept):
    schedulers = []

    def factory(groups, learning_rate):
        optimizer = torch.optim.SGD(groups, lr=learning_rate)
        scheduler = ReduceLROnPlateau(optimizer)
        schedulers.extend([scheduler] if kept else [])
        return optimizer

    with pytest.raises(InputError, match="a scheduler beside it has no say; found one of SGD"):
        pick(Linear(), *loaders(), factory, epochs=1)
