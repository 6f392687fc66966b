"""Turns as RTTM, the format in which diarisation is scored.

Source:
    NIST 2009, "The Rich Transcription Evaluation Plan", appendix A.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from erc_core.media.diarisation import Turn


def as_rttm(turns: Sequence[Turn], name: str) -> str:
    """Return one line for each turn.

    Args:
        turns: who speaks when
        name: of the recording; blanks become underscores, since fields are split at them
    """
    recording = re.sub(r"\s+", "_", name) or "recording"
    lines = [
        f"SPEAKER {recording} 1 {turn.span.start_s:.3f} {turn.span.duration_s:.3f} <NA> <NA> "
        f"speaker_{turn.voice + 1} <NA> <NA>\n"
        for turn in turns
    ]
    return "".join(lines)
