"""Trials of a script of your own, each in a process of its own."""

from etascope.core.renamed import in_new_module

__getattr__ = in_new_module(__name__)
