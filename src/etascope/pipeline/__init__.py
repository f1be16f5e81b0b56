"""From images to features: `Split` to `Split`, learned from training rows only."""
