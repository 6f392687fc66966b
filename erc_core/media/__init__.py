"""Clips: decoding behind a fence, sound, speech, voices, faces, action units, and who speaks."""
