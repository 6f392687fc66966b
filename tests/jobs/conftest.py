"""Fixtures of these tests."""

from tests.cluster import cluster

__all__ = ["cluster"]
