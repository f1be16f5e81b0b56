"""Options that commands share."""

from etascope.core.renamed import in_new_module

__getattr__ = in_new_module(__name__)
