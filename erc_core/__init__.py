"""ERC Lens: see why a model heard an emotion in a conversation."""

__version__ = "0.1.0"
