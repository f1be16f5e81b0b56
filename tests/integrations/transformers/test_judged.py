import pytest
import torch
from transformers import Trainer

from etascope.core.errors import InputError
from etascope.integrations.transformers.judged import has_classes
from etascope.integrations.transformers.search import recommend
from tests.integrations.transformers.test_search import Images, one_rate, trainer, vit

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def one_score():
    model = vit()
    model.config.num_labels, model.num_labels = 1, 1
    model.classifier = torch.nn.Linear(16, 1)
    return model


class Floating(Images):
    def __getitem__(self, i):
        one = super().__getitem__(i)
        return {**one, "labels": float(one["labels"])}


def test_labels_are_classes_where_they_are_whole_numbers_and_there_are_scores(tmp_path):
    one = trainer(tmp_path)
    assert has_classes(one, one.get_eval_dataloader(), "labels")
    floating = trainer(tmp_path, trainer={"eval_dataset": Floating(slice(300, 450))})
    assert not has_classes(floating, floating.get_eval_dataloader(), "labels")
    with pytest.raises(InputError, match="batches must be dicts with nope; found pixel_values, labels"):
        has_classes(one, one.get_eval_dataloader(), "nope")


def test_one_score_of_whole_numbers_is_judged_by_its_loss_or_told_what_that_needs(tmp_path):
    class Squared(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            found = model(inputs["pixel_values"]).logits[:, 0]
            return (found - inputs["labels"].float()).square().mean()

    run = recommend(trainer(tmp_path, one_score(), Squared, num_train_epochs=1), method=one_rate(0.01))
    assert run.loss_unit != 1
    assert run.untouched.same
    # What transformers makes of whole numbers itself trains.
    assert recommend(trainer(tmp_path, one_score(), num_train_epochs=1), method=one_rate(0.01)).loss_unit != 1

    class Strict(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            found = model(inputs["pixel_values"]).logits[:, 0]
            return torch.nn.functional.binary_cross_entropy_with_logits(found, inputs["labels"])

    with pytest.raises(InputError, match=r"must be floating point numbers; found torch\.int64.* Give float\("):
        recommend(trainer(tmp_path, one_score(), Strict))
    data = {"train_dataset": Floating(slice(300)), "eval_dataset": Floating(slice(300, 450))}
    floating = trainer(tmp_path, one_score(), trainer=data, num_train_epochs=1)
    assert recommend(floating, method=one_rate(0.01)).loss_unit != 1


def test_a_loss_of_the_trainers_own_model_is_refused_and_leaves_no_gradients(tmp_path):
    class Own(Trainer):
        def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
            return self.model(**inputs).loss

    one = trainer(tmp_path, kind=Own)
    with pytest.raises(InputError, match=r"compute_loss must use the weights of the copy .* place of self\.model or"):
        recommend(one)
    assert all(p.grad is None for p in one.model.parameters())
