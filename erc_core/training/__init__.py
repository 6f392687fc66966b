"""Training in named steps, measuring and calibration."""
