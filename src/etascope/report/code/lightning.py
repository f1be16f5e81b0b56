"""A script that trains with PyTorch Lightning."""

from __future__ import annotations

from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.parts import Training, constant
from etascope.report.code.pytorch import model, optimizer


def training(recipe: Recipe, data: DataSummary) -> Training:
    """Return how Lightning trains the recipe."""
    optimizers = f"        optimizer = {optimizer(recipe, 'self.parameters()')}\n"
    if not constant(recipe):
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
    note = (
        "Initial weights and data order come from the same distributions as etascope's, but are other draws. One "
        "device is used, and no checkpoint or log is written."
    )
    lines = "from torch import nn\nfrom torch.utils.data import DataLoader, TensorDataset"
    return Training("Lightning", (note,), ("lightning", "numpy as np", "torch"), lines, body)
