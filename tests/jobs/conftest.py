"""Fixtures of these tests."""

from tests.cluster import start

__all__ = ["start"]
