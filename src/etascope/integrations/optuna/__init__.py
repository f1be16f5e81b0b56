"""The search as a sampler and a pruner of Optuna, and a finished run as one of its studies."""

from etascope.integrations.optuna.sampler import LearningRatePruner as LearningRatePruner
from etascope.integrations.optuna.sampler import LearningRateSampler as LearningRateSampler
from etascope.integrations.optuna.study import optuna_study as optuna_study
