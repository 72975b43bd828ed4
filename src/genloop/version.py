"""Which genloop this is; a file of its own, which anything may import."""

__version__ = "0.1.0"
