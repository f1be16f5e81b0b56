"""A learning rate for a plain PyTorch loop: python examples/pytorch_loop.py.

`etascope.Search` says which learning rate to train with, and the loop reports the validation loss after each epoch.
"""

import torch
from torch import nn

import etascope

EPOCHS, BATCH = 6, 70

digits = etascope.open_images("digits")
images = torch.tensor(digits.images).permute(0, 3, 1, 2).float() / 255
labels = torch.tensor(digits.labels)
order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
train, valid = order[:700], order[700:]

search = etascope.Search(epochs=EPOCHS)
for trial in search:
    torch.manual_seed(trial.seed)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 4, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 6 * 6, 10),
    )  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=trial.learning_rate)
    steps = trial.epochs * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(trial.epochs):
        for rows in train[torch.randperm(len(train))].split(BATCH):
            loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            valid_loss = nn.functional.cross_entropy(model(images[valid]), labels[valid])
        if trial.report(valid_loss=valid_loss).stop:
            break

print(f"learning rate {search.choice.learning_rate:g}, {search.choice.basin}")
for rate, verdict in sorted(zip((t.learning_rate for t in search.run.trials), search.choice.verdicts, strict=True)):
    print(f"{rate:10g}  {verdict}")
