"""The report is one file that plays by itself and lets nothing in the data become markup."""

import json
import re
from dataclasses import replace

import numpy as np

from erc_core.annotations import Note
from erc_core.html_report import MAX_CLIP_MB, ReportClip, html_report
from erc_core.types import Media
from tests.ui.sample_analysis import sample_analysis

NO_SOUND = np.zeros((0, 2), dtype=np.float32)
HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'


def with_clip(analysis, size=1):
    media = Media("0" * 64, "a.mp4", "mp4", 9.0, True, True, 320, 240, 25.0, size)
    return replace(analysis, dialogue=replace(analysis.dialogue, media=media))


def value_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page).group(1))


def test_the_page_holds_the_clip_and_asks_for_nothing(tmp_path):
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"pictures and sound")
    page = html_report(with_clip(sample_analysis()), ReportClip(clip, "video/mp4"), NO_SOUND, "DQ-Former")
    assert value_of(page)["media"]["url"] == "data:video/mp4;base64,cGljdHVyZXMgYW5kIHNvdW5k"
    assert not re.findall(r'(?:src|href)="(?!data:)[^"]', page)
    assert "default-src 'none'" in page


def test_words_titles_and_notes_never_become_markup():
    analysis = sample_analysis()
    first = replace(analysis.dialogue.utterances[0], text=HOSTILE, speaker=HOSTILE)
    dialogue = replace(analysis.dialogue, title=HOSTILE, utterances=(first, *analysis.dialogue.utterances[1:]))
    page = html_report(replace(analysis, dialogue=dialogue), None, NO_SOUND, HOSTILE, (Note(first.id, HOSTILE),))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert value_of(page)["utterances"][0]["text"] == HOSTILE


def test_every_utterance_has_a_row_with_its_note():
    analysis = sample_analysis()
    last = analysis.dialogue.utterances[-1].id
    page = html_report(analysis, None, NO_SOUND, "DQ-Former", (Note(last, "listen again", "anger", True),))
    rows = re.findall(r"<tr><td>.*?</tr>", page)
    assert len(rows) == len(analysis.dialogue.utterances)
    assert "★" in rows[-1]
    assert "listen again" in rows[-1]
    assert "listen again" not in rows[0]


def test_a_clip_that_is_too_large_is_left_out_and_the_page_says_so(tmp_path):
    clip = tmp_path / "clip.mp4"
    with clip.open("wb") as file:
        file.truncate(MAX_CLIP_MB * 1_000_000 + 1)
    page = html_report(with_clip(sample_analysis()), ReportClip(clip, "video/mp4"), NO_SOUND, "DQ-Former")
    assert "over 200 MB and was left out" in page
    assert value_of(page)["media"]["kind"] == "none"
