"""Families whose fit is a formula or a count: normal distributions, mixtures, kernels, tables, n-grams."""
