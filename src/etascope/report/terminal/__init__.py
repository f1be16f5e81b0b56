"""Pages for a terminal, in Unicode or plain ASCII."""

from etascope.core.renamed import in_new_module

__getattr__ = in_new_module(__name__)
