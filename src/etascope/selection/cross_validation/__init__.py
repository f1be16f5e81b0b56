"""Cross-validation: a dozen rates on every fold, each trained to the end."""

from etascope.core.renamed import in_new_module

__getattr__ = in_new_module(__name__)
