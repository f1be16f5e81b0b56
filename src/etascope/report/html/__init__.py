"""Pages of HTML that need nothing else, and what a notebook shows."""

from etascope.core.renamed import in_new_module

__getattr__ = in_new_module(__name__)
