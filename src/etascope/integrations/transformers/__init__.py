"""A learning rate for a Trainer of transformers."""

from etascope.integrations.transformers.search import recommend as recommend
from etascope.integrations.transformers.search import set_learning_rate as set_learning_rate
