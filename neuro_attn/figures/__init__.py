"""Figures and tables of the report.

A module with the constant ``OF`` is a figure: it states what it is drawn of and from, draws it
(``draw``) and describes it (``caption``). Nothing else lists it.
"""
