"""Corpora in their published layouts, transcripts and tables: one file a format, no pickle that could run code."""
