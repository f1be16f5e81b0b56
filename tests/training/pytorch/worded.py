"""Keywords of a search as `etascope.torch.pick` takes them: those of a training stand in its options."""

from dataclasses import fields

from etascope.training.pytorch.custom.options import TrainingOptions

NAMES = {field.name for field in fields(TrainingOptions)}


def options_of(how, **usual):
    """Return the options of a training, and what is none of them."""
    options = TrainingOptions(**usual | {name: value for name, value in how.items() if name in NAMES})
    return options, {name: value for name, value in how.items() if name not in NAMES}


def worded(how):
    """Return the keywords with those of a training in its options."""
    options, others = options_of(how)
    return {"training": options, **others}
