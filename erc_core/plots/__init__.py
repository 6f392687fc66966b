"""Figures: one file each, typed values in, a Plotly figure out."""
