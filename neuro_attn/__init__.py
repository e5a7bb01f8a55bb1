"""Do working memory and attention share a code? Cross-task decoding of brains and networks."""

__version__ = "0.1.0"
