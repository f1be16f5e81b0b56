"""A script that trains with PyTorch Lightning."""

from __future__ import annotations

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.loading import loading, note
from etascope.report.code.parts import assembled, constant, header, pixels, schedule, training_numbers
from etascope.report.code.pytorch import model, optimizer


def script(recipe: Recipe, data: DataSummary, learning_rate: float) -> str:
    """Return a script that trains the recipe at a peak rate with Lightning and prints the test accuracy."""
    docstring = header("Lightning", recipe, data, learning_rate, [
        note(data),
        "Initial weights and data order come from the same distributions as etascope's, but are other draws. One "
        "device is used, and no checkpoint or log is written.",
    ])  # fmt: skip
    imports, load = loading(recipe, data)
    moving = not constant(recipe)
    optimizers = f"        optimizer = {optimizer(recipe, 'self.parameters()')}\n"
    if moving:
        optimizers += """        steps = self.trainer.estimated_stepping_batches
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}
"""
    else:
        optimizers += "        return optimizer\n"
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
trainer.fit(Classifier(model), DataLoader(rows, batch_size=BATCH_SIZE, shuffle=True))

model.cpu().eval()
with torch.no_grad():
    right = (model(x[torch.from_numpy(test)]).argmax(1) == y[torch.from_numpy(test)]).float().mean().item()
print(f"test accuracy {{right:.4f}}")
'''
    return assembled(
        docstring, [*imports, *(["math"] if moving else [])], ["lightning", "numpy as np", "torch"],
        training_numbers(recipe, learning_rate), schedule(recipe) if moving else "", load, pixels(recipe), body,
        more="from torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset",
    )  # fmt: skip
