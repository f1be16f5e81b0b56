"""The dense engine: softmax regression and ReLU networks in NumPy, many trials as one."""

from etascope.core.renamed import in_new_module

__getattr__ = in_new_module(__name__)
