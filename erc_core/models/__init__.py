"""One file per paper. A file is a model when it registers a class in ``models.base.MODELS``."""
