from __future__ import annotations

from erc_core.data.elan import parse_elan
from erc_core.data.transcript import read_transcript
from erc_core.settings import Settings

DOCUMENT = """<?xml version="1.0" encoding="{encoding}"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2024-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds"/>
  <TIME_ORDER>
    <TIME_SLOT TIME_SLOT_ID="ts1" TIME_VALUE="500"/><TIME_SLOT TIME_SLOT_ID="ts2" TIME_VALUE="1750"/>
    <TIME_SLOT TIME_SLOT_ID="ts3" TIME_VALUE="1500"/><TIME_SLOT TIME_SLOT_ID="ts4" TIME_VALUE="3000"/>
  </TIME_ORDER>
  <TIER LINGUISTIC_TYPE_REF="default-lt" PARTICIPANT="Anna" TIER_ID="words of Anna">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a1" TIME_SLOT_REF1="ts1" TIME_SLOT_REF2="ts2">
      <ANNOTATION_VALUE>Schön &amp; &lt;gut&gt; 🎉</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="Ben">
    <ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a2" TIME_SLOT_REF1="ts3" TIME_SLOT_REF2="ts4">
      <ANNOTATION_VALUE>Ja</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="sub" PARENT_REF="words of Anna" TIER_ID="emotion@Anna">
    <ANNOTATION><REF_ANNOTATION ANNOTATION_ID="a3" ANNOTATION_REF="a1">
      <ANNOTATION_VALUE>joy</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>
  </TIER>
  <TIER LINGUISTIC_TYPE_REF="sub" PARENT_REF="Ben" TIER_ID="translation"/>
</ANNOTATION_DOCUMENT>
"""


def test_tiers_are_speakers_and_annotations_utterances() -> None:
    cues, notes = parse_elan(DOCUMENT.format(encoding="UTF-8").encode())
    assert [(c.speaker, c.start_s, c.end_s, c.text, c.label) for c in cues] == [
        ("Anna", 0.5, 1.75, "Schön & <gut> 🎉", "joy"),
        ("Ben", 1.5, 3.0, "Ja", ""),
    ]
    assert notes == ["Not read, since they depend on others: the tiers translation."]


def test_the_front_door_knows_the_format_in_any_encoding() -> None:
    for encoding in ("utf-8", "utf-16"):
        transcript = read_transcript(DOCUMENT.format(encoding=encoding).encode(encoding), "x.txt", Settings())
        assert [(u.id, u.speaker, u.label) for u in transcript.utterances] == [
            ("u1", "Anna", "joy"),
            ("u2", "Ben", None),
        ]
        assert "Speech overlaps: u2 (1.50 s) begin before an earlier utterance has ended." in transcript.notes
