"""A learning rate for a LightningModule: a callback, and a function without a Trainer."""

from etascope.integrations.lightning.search import LearningRateSearch as LearningRateSearch
from etascope.integrations.lightning.search import pick_lightning as pick_lightning
