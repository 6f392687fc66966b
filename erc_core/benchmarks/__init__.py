"""Measurements, each run by one command, each writing its table."""
