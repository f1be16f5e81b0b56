import lightning.pytorch as pl
import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.integrations.lightning.judged import by_scores, refuse_rising
from etascope.integrations.lightning.steps import TRAINING, VALIDATION
from tests.integrations.lightning_modules import Classifier, Regression, X, Y

CROSS_ENTROPY = nn.functional.cross_entropy


def judged(module, batch=(X[:24], Y[:24])):
    return by_scores(module, {TRAINING: batch, "number": 0}, {VALIDATION: batch, "number": 0}, "cpu")


@pytest.mark.parametrize(
    "name",
    [
        "acc", "val_acc", "val/accuracy", "valAcc", "val_acc1", "val_acc_top5", "Accuracy", "valid_MulticlassAccuracy",
        "val_f1", "BinaryF1Score", "f1-macro", "val_auc", "AUROC", "val_auroc_macro", "valiou", "val_mIoU", "mAP50",
        "val_map", "map_50", "val_dice", "val_r2", "R2", "precision", "recall@5", "val_score", "val_top_1", "psnr",
        "val_f_measure", "dev_kappa", "exact_match", "log_likelihood", "test_mcc", "hit_rate", "val_bacc",
    ],
)  # fmt: skip
def test_a_name_of_what_is_better_the_higher_it_is_is_refused(name):
    with pytest.raises(InputError, match="monitor must name a loss, which is better the lower it is; found") as caught:
        refuse_rising(name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        None, "val_loss", "loss", "val_mae", "rmse", "val_error", "acc_loss", "val_accuracy_error", "dice_loss", "nll",
        "perplexity", "val_ce", "heatmap_mse", "brier_score", "fid_score", "negative_log_likelihood", "wer", "speed",
        "mapping", "accumulated", "trap", "val_kl_divergence", "epoch_time",
    ],
)  # fmt: skip
def test_a_name_of_a_loss_or_of_nothing_known_is_taken(name):
    refuse_rising(name)


def test_a_callback_that_keeps_the_highest_says_so_of_any_name():
    highest = pl.callbacks.EarlyStopping("quality_index", mode="max")
    with pytest.raises(InputError, match="found val_skill, of which ModelCheckpoint keeps the highest, with mo"):
        refuse_rising("val_skill", [highest, pl.callbacks.ModelCheckpoint(monitor="val_skill", mode="max")])
    refuse_rising("val_skill", [highest, pl.callbacks.EarlyStopping("val_skill", mode="min")])


def test_a_classifier_is_one_whose_forward_gives_scores():
    assert judged(Classifier()) == (True, "")
    assert judged(Regression()) == (False, "")
    assert judged(Classifier(), (X[:3], Y[:3].float())) == (False, "")
    # One score tells two classes apart in a loss of its own.
    for columns in (0, slice(0, 1)):

        class Flat(Classifier):
            def forward(self, x, columns=columns):
                return super().forward(x)[:, columns]

        assert judged(Flat()) == (False, "")


class Judging(Classifier):
    """Its validation loss is one of its own."""

    of = staticmethod(CROSS_ENTROPY)

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", type(self).of(self(batch[0]), batch[1]))


@pytest.mark.parametrize(
    "loss",
    [
        lambda s, y: CROSS_ENTROPY(s, y, label_smoothing=0.3),
        lambda s, y: CROSS_ENTROPY(s, y, weight=torch.tensor([1.0, 9.0, 0.1]), reduction="sum"),
        lambda s, y: nn.functional.binary_cross_entropy_with_logits(s, nn.functional.one_hot(y, 3).float()),
        lambda s, y: nn.functional.multi_margin_loss(s, y),
        lambda s, y: (s - nn.functional.one_hot(y, 3)).square().mean(),
        lambda s, y: (CROSS_ENTROPY(s, y, reduction="none") * 3).square().mean(),
    ],
)
def test_other_losses_of_scores_are_losses_of_scores(loss):
    assert judged(type("Own", (Judging,), {"of": staticmethod(loss)})()) == (True, "")


def test_an_accuracy_that_is_returned_is_none_of_embeddings():
    class Right(Classifier):
        def validation_step(self, batch, batch_idx):
            return (self(batch[0]).argmax(1) == batch[1]).float().mean()

    assert judged(Right()) == (True, "")


class Embedding(Classifier):
    """Its classes are what its embeddings are near to."""

    def __init__(self):
        super().__init__()
        self.near = nn.Parameter(torch.randn(3, 3, generator=torch.Generator().manual_seed(1)))

    def validation_step(self, batch, batch_idx):
        features = nn.functional.normalize(self(batch[0]))
        self.log("val_loss", CROSS_ENTROPY(10 * features @ nn.functional.normalize(self.near).T, batch[1]))


class Headed(Embedding):
    """Its steps do not call forward."""

    def validation_step(self, batch, batch_idx):
        features = nn.functional.normalize(self.net(batch[0]))
        self.log("val_loss", CROSS_ENTROPY(10 * features @ nn.functional.normalize(self.near).T, batch[1]))


class Direct(Classifier):
    """Its steps do not call forward, which gives their scores."""

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", CROSS_ENTROPY(self.net(batch[0]), batch[1]))


@pytest.mark.parametrize("kind", [Embedding, Headed])
def test_a_forward_that_gives_embeddings_is_not_judged_by(kind):
    scores, sentences = judged(kind())
    assert not scores
    assert sentences.startswith("Mind forward: what it gives are no scores of the classes")
    assert judged(Direct()) == (True, "")


def test_a_forward_that_ends_in_softmax_is_told():
    class Soft(Judging):
        of = staticmethod(lambda p, y: nn.functional.nll_loss(p.log(), y))

        def forward(self, x):
            return super().forward(x).softmax(1)

    scores, sentences = judged(Soft())
    assert not scores
    assert sentences.startswith("Mind forward: it gives probabilities")
    assert "judged by the loss of validation_step" in sentences

    class Silent(Soft):
        def validation_step(self, batch, batch_idx):
            """Says nothing."""

    scores, sentences = judged(Silent())
    assert scores
    assert "as which they were taken" in sentences
