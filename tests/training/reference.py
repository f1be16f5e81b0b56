"""The same training by real PyTorch: its modules, its optimizers, its schedulers."""

import numpy as np

from etascope.core.recipe import epoch_size, steps_per_epoch
from etascope.training.random_streams import epoch_order, initial_parameters


def network(parameters):
    """Return a `torch` network of `nn.Linear` and ReLU with these weights."""
    import torch

    layers = []
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        linear = torch.nn.Linear(*weights.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T.copy()))
            linear.bias.copy_(torch.from_numpy(bias.copy()))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def parameters_of(model):
    return [p.detach().numpy().T for p in model.parameters()]


def optimizer_of(model, recipe, rate):
    from torch import optim

    decay, parameters = recipe.weight_decay, model.parameters()
    if recipe.optimizer in ("sgd", "momentum", "nesterov"):
        nesterov = recipe.optimizer == "nesterov"
        return optim.SGD(parameters, rate, momentum=recipe.momentum, nesterov=nesterov, weight_decay=decay)
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop, "adagrad": optim.Adagrad}
    return kinds[recipe.optimizer](parameters, rate, weight_decay=decay)


def scheduler_of(optimizer, schedule, rate, steps):
    """Set the rate to the peak and return PyTorch's own scheduler over these steps."""
    from torch.optim import lr_scheduler as s

    group = optimizer.param_groups[0]
    group["lr"] = rate
    group.pop("initial_lr", None)
    if schedule == "warm-up":
        return s.LinearLR(optimizer, 1 / steps, 1.0, steps - 1)
    if schedule == "linear":
        return s.LinearLR(optimizer, 1.0, 0.0, steps)
    if schedule == "cosine":
        return s.CosineAnnealingLR(optimizer, steps)
    if schedule == "step":
        return s.StepLR(optimizer, steps // 3, 0.1)
    if schedule == "one-cycle":
        return s.OneCycleLR(optimizer, rate, steps, cycle_momentum=False)
    return s.ConstantLR(optimizer, 1.0)


def train(split, recipe, rate, steps, seed=0, fold=-1, rates=None):
    """Train by PyTorch on the engine's batches; `rates` replaces the scheduler.

    Returns losses `(steps,)`, the rates used `(steps,)` and the model.
    """
    import torch

    model = network(initial_parameters((split.x.shape[1], *recipe.hidden, split.n_classes), seed))
    optimizer = optimizer_of(model, recipe, rate)
    climb = round(recipe.warmup * steps)
    x, y = torch.from_numpy(split.x), torch.from_numpy(split.y)
    rows, size = split.train_rows(fold), epoch_size(split, recipe, fold)
    per_epoch, batch = steps_per_epoch(split, recipe, fold), recipe.batch_size
    losses, used, scheduler = [], [], None
    for step in range(steps):
        epoch, within = divmod(step, per_epoch)
        if within == 0:
            order = torch.from_numpy(epoch_order(rows, size, seed, fold, epoch))
        if rates is not None:
            optimizer.param_groups[0]["lr"] = float(rates[step])
        elif step == 0 and climb:
            scheduler = scheduler_of(optimizer, "warm-up", rate, climb)
        elif step == climb:
            scheduler = scheduler_of(optimizer, recipe.schedule, rate, steps - climb)
        used.append(optimizer.param_groups[0]["lr"])
        now = order[within * batch : (within + 1) * batch]
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x[now]), y[now])
        loss.backward()
        optimizer.step()
        if scheduler is not None and step + 1 not in (climb, steps):
            scheduler.step()
        losses.append(loss.item())
    return np.array(losses), np.array(used), model


def agrees(split, recipe, history, trial, tolerance=1e-4, **how):
    """Assert that a trial's losses and final weights are those of PyTorch; return PyTorch's rates."""
    plan = history.plan
    losses, used, model = train(
        split, recipe, plan.learning_rates[trial], plan.steps, int(plan.seeds[trial]), int(plan.folds[trial]), **how
    )
    np.testing.assert_allclose(history.step_loss[trial], losses, rtol=0, atol=tolerance)
    for ours, theirs in zip(history.checkpoints[trial].parameters, parameters_of(model), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)
    return used
