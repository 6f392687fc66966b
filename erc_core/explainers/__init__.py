"""Explainers: one file a method, over models that they know by their contract alone."""
