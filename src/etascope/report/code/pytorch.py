"""Scripts that train with PyTorch, plain and with Lightning."""

from __future__ import annotations

import itertools

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.parts import WHOLE, Training, constant, steps
from etascope.report.words.job import TORCH


def training(recipe: Recipe, data: DataSummary) -> Training:
    """Return how PyTorch trains the recipe.

    `nn.Linear` draws its initial weights from the distribution that etascope draws from; the draws are others.
    """
    moving = not constant(recipe)
    body = f"""
torch.manual_seed(SEED)
x, y = torch.from_numpy(x), torch.from_numpy(labels.astype(np.int64))
train, test = torch.from_numpy(train), torch.from_numpy(test)
{model(recipe)}
optimizer = {optimizer(recipe)}
"""
    if moving:
        body += f"""steps = {steps(recipe)}
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, steps))
"""
    size, taken = "len(train)", ""
    if recipe.drop_last:
        body += f"size = {WHOLE}\n"
        size, taken = "size", "[:size]"
    body += f"""
for epoch in range(EPOCHS):
    total = 0.0
    for rows in train[torch.randperm(len(train)){taken}].split(BATCH_SIZE):
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
{"        scheduler.step()" if moving else ""}
        total += loss.item() * len(rows)
    print(f"epoch {{epoch + 1}}: training loss {{total / {size}:.4f}}")

with torch.no_grad():
    right = (model(x[test]).argmax(1) == y[test]).float().mean().item()
print(f"test accuracy {{right:.4f}}")
"""
    note = (
        "PyTorch draws initial weights and data order from the same distributions as etascope, but draws others, so "
        "the result differs as it would between seeds."
    )
    return Training("PyTorch", (note,), ("numpy as np", "torch"), "from torch import nn", body)


def lightning_training(recipe: Recipe, data: DataSummary) -> Training:
    """Return how Lightning trains the recipe."""
    optimizers = f"        optimizer = {optimizer(recipe, 'self.parameters()')}\n"
    if not constant(recipe):
        optimizers += """        steps = self.trainer.estimated_stepping_batches
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
"""
    else:
        optimizers += "        return optimizer\n"
    dropped = ", drop_last=len(rows) >= BATCH_SIZE" if recipe.drop_last else ""
    body = f'''
lightning.seed_everything(SEED)
x, y = torch.from_numpy(x), torch.from_numpy(labels.astype(np.int64))
{model(recipe)}


class Classifier(lightning.LightningModule):
    """The network, its loss and its optimizer."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def training_step(self, batch, number):
        images, classes = batch
        loss = nn.functional.cross_entropy(self.network(images), classes)
        self.log("train_loss", loss, on_epoch=True, prog_bar=True)
        return loss

    def configure_optimizers(self):
{optimizers}

rows = TensorDataset(x[torch.from_numpy(train)], y[torch.from_numpy(train)])
trainer = lightning.Trainer(
    max_epochs=EPOCHS, devices=1, logger=False, enable_checkpointing=False, enable_model_summary=False
)
trainer.fit(Classifier(model), DataLoader(rows, batch_size=BATCH_SIZE, shuffle=True{dropped}))

model.cpu().eval()
with torch.no_grad():
    right = (model(x[torch.from_numpy(test)]).argmax(1) == y[torch.from_numpy(test)]).float().mean().item()
print(f"test accuracy {{right:.4f}}")
'''
    note = (
        "Initial weights and data order come from the same distributions as etascope's, but are other draws. One "
        "device is used, and no checkpoint or log is written."
    )
    lines = "from torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset"
    return Training("Lightning", (note,), ("lightning", "numpy as np", "torch"), lines, body)


def model(recipe: Recipe) -> str:
    """Return the lines that build the network for `x` and `y`."""
    sizes = ["x.shape[1]", *map(str, recipe.hidden), "int(y.max()) + 1"]
    layers = [f"nn.Linear({fan_in}, {fan_out})" for fan_in, fan_out in itertools.pairwise(sizes)]
    return "model = nn.Sequential(\n    " + ",\n    nn.ReLU(),\n    ".join(layers) + ",\n)"


def optimizer(recipe: Recipe, parameters: str = "model.parameters()") -> str:
    """Return the expression that builds the optimizer, all its hyper-parameters written out.

    Examples
    --------
    >>> optimizer(Recipe())
    'torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=0.9, nesterov=False, weight_decay=0.0)'
    """
    own = {
        "sgd": "momentum=0.0",
        "momentum": f"momentum={recipe.momentum!r}, nesterov=False",
        "nesterov": f"momentum={recipe.momentum!r}, nesterov={bool(recipe.momentum)}",
        "adam": "betas=(0.9, 0.999), eps=1e-08",
        "adamw": "betas=(0.9, 0.999), eps=1e-08",
        "rmsprop": "alpha=0.99, eps=1e-08",
        "adagrad": "eps=1e-10",
    }[recipe.optimizer]
    name = TORCH[recipe.optimizer]
    return f"torch.optim.{name}({parameters}, lr=LEARNING_RATE, {own}, weight_decay={recipe.weight_decay!r})"
