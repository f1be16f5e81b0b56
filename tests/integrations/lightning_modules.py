"""Modules of Lightning to search a learning rate for, and images."""

import lightning.pytorch as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

GENERATOR = torch.Generator().manual_seed(0)
Y = torch.arange(150) % 3
X = torch.rand(150, 1, 8, 8, generator=GENERATOR) + Y[:, None, None, None] * 0.3


def loaders(batch=12, shuffle=True):
    return (
        DataLoader(TensorDataset(X[:120], Y[:120]), batch, shuffle=shuffle),
        DataLoader(TensorDataset(X[120:], Y[120:]), 15),
    )


class Net(pl.LightningModule):
    """Dropout, BatchNorm, logging."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.Linear(64, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        scores = self(x)
        self.log_dict(
            {"val_loss": nn.functional.cross_entropy(scores, y), "val_acc": (scores.argmax(1) == y).float().mean()}
        )


class Classifier(Net):
    """A learning rate in its hyperparameters."""

    def __init__(self, lr=0.001):
        super().__init__()
        self.save_hyperparameters()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr, momentum=0.9)


class Groups(Net):
    """A slower first layer, and a schedule by step over the whole training."""

    def __init__(self, learning_rate=0.01):
        super().__init__()
        self.learning_rate = learning_rate

    def configure_optimizers(self):
        groups = [
            {"params": self.net[1].parameters(), "lr": 0.1 * self.learning_rate},
            {"params": [*self.net[2].parameters(), *self.net[5].parameters()]},
        ]
        optimizer = torch.optim.AdamW(groups, lr=self.learning_rate)
        steps = self.trainer.estimated_stepping_batches
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: max(1 - t / steps, 0.0))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class Regression(pl.LightningModule):
    """No forward of its own: a validation loss that is logged alone."""

    def __init__(self):
        super().__init__()
        self.lr = 0.01
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0))

    def training_step(self, batch):
        x, y = batch
        return {"loss": (self.net(x) - y.float()).square().mean()}

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_loss", (self.net(x) - y.float()).square().mean())
        self.log("val_mae", (self.net(x) - y.float()).abs().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)
