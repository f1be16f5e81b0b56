"""Training with PyTorch: any `nn.Module`, many learning rates over the same batches."""
