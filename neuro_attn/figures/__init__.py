"""Figures and tables of the report.

A module that defines the constant ``OF`` is a figure, and is discovered by its file. It specifies
the results that it needs, plots them (``draw``) and describes the figure (``caption``).
"""
