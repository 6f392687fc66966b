"""Cards of checkpoints are drawn as text: what others wrote fetches nothing and is no markup."""

from __future__ import annotations

from erc_core.ui.card_text import card_html


def test_headings_lists_and_emphasis_of_a_card_are_drawn() -> None:
    html = card_html("# DF-ERC\n\n## Limits\n\n- *perceived* emotions\n- see `docs`\n\nTwo **bold**\nlines.\n")
    assert "<h4>DF-ERC</h4>" in html
    assert "<ul><li><i>perceived</i> emotions</li><li>see <code>docs</code></li></ul>" in html
    assert "<p>Two <b>bold</b> lines.</p>" in html


def test_code_of_a_card_is_kept_as_it_is() -> None:
    assert "<pre><code>python -m erc_core train **x**</code></pre>" in card_html(
        "Run\n```sh\npython -m erc_core train **x**\n```\n"
    )


def test_nothing_in_a_card_is_markup_or_fetched() -> None:
    html = card_html("<img src=x onerror=alert(1)>\n\n![p](https://other.host/p.png) [a](javascript:alert(1))\n- `<b>`")
    assert "<img" not in html
    assert "<a" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<code>&lt;b&gt;</code>" in html
