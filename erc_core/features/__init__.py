"""One extractor per file: what a model reads of each modality."""
