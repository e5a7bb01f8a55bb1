"""Figures: a module for each, with one function `draw`, and one style; tables as pages."""
