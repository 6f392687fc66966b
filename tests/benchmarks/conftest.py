"""The face models and the portrait, as the media tests have them."""

from tests.media.conftest import finder, portrait

__all__ = ["finder", "portrait"]
