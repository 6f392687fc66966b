"""Re-enactment: scripts become clips whose truth is known."""
