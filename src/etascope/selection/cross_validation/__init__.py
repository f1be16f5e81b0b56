"""Cross-validation: a dozen rates on every fold, each trained to the end."""
