"""Reports on a terminal, as pages and in notebooks: every block is shown, nothing comes from outside, and hostile names stay text."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.reports import Block, Card, Chart, Command, Gallery, Grid, Heading, Paragraph, Report, print_report, to_html
from leadline.reports.drawing import draw, fitting, text_width
from leadline.reports.drawings import Cloud, Drawing, HeatMap, Mark, Marks, Promise, Reliability

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "</svg><iframe src=//evil.example>", "$x_1$ %s {0} \\frac", "fill: #010101",
    "]]> <!-- ", "url(//evil.example)", "two\nlines\tand\x07more", "漢字 العربية é", "", "a very long name " * 20,
]  # fmt: skip
MARKS = Marks([Mark("trees", 0.88, "88%", 0.86, 0.9, "good"), Mark("baseline", 0.6, "60%", tone="quiet")], "right answers", percent=True)
DRAWINGS: dict[str, Drawing] = {
    "marks": MARKS,
    "bars": Marks([Mark("cat", 0.4, "40%", 0.3, 0.5)], "found", percent=True, bars=True),
    "map": HeatMap(["cat", "dog"], [[30, 2], [0, 0]], "in truth", "answered"),
    "reliability": Reliability([Promise(0.5, 0.4, 0.2, 0.6, 10), Promise(0.9, 0.95, 0.9, 1.0, 100)]),
    "few": Cloud([1.0, 2.0, 3.0], [1.1, 1.9, 3.2], "in truth", "answered", "diagonal"),
    "many": Cloud([float(i % 37) for i in range(900)], [float(i % 37 + i % 5) for i in range(900)], "answered", "too high by", "zero"),
}


class Made(Report):
    def __init__(self, *blocks: Block) -> None:
        self.made = list(blocks)

    def to_json(self) -> dict[str, Any]:
        return {"blocks": len(self.made)}

    def blocks(self) -> list[Block]:
        return self.made


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found, self.text = list[tuple[str, dict[str, str]]](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


def assert_self_contained(page: str) -> None:
    """No element that runs or loads anything, no address but those of pictures in the page itself."""
    for tag, attributes in Elements(page).found:
        assert tag not in ("script", "iframe", "object", "embed", "link", "base", "form"), tag
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("src", "href", "xlink:href", "data", "action", "srcset", "poster"):
                assert value.startswith(("data:image/jpeg;base64,", "#")), (tag, name, value)
            if tag not in ("img", "svg") and name in ("style", "clip-path", "fill"):
                assert "url(" not in value.replace("url(#", ""), value
    assert "://" not in re.sub(r"&lt;.*?&gt;", "", page)


def everything(name: str = "cat") -> Made:
    return Made(
        Heading("What was found"), Paragraph("All is well.", "good"), Paragraph("Or is it?", "warning"),
        Grid(("class", "rows"), [(name, "12")], 0), Chart("Who won", MARKS, "Trees did."),
        Gallery([Card(f"said {name}", ["in truth dog"], [("age", "3"), ("size", "small")])]),
        Command("leadline predict", "to go on"),
    )  # fmt: skip


def test_a_terminal_shows_every_block_in_words() -> None:
    stream = io.StringIO()
    print_report(everything(), stream)
    for part in ("What was found", "All is well.", "cat", "12", "Who won: Trees did.", "said cat", "age: 3", "leadline predict"):
        assert part in stream.getvalue()


def test_a_page_shows_every_block() -> None:
    page = to_html(everything(), "A title")
    for part in (
        "A title",
        "What was found",
        "All is well.",
        "cat",
        "Who won",
        "Trees did.",
        "<svg",
        "said cat",
        "age",
        "leadline predict",
    ):
        assert part in page
    assert_self_contained(page)


def test_a_page_forbids_the_browser_to_load_or_run_anything() -> None:
    (policy,) = [a["content"] for tag, a in Elements(to_html(everything(), "x")).found if a.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script" not in policy


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str) -> None:
    blocks: list[Block] = list(everything(name).made)
    blocks += [
        Chart(name, Marks([Mark(name, 1, name, 0, 2)], name), name),
        Chart(name, HeatMap([name, "b"], [[1, 2], [3, 4]], "a", "b"), name),
    ]
    blocks += [Heading(name), Paragraph(name), Command(name, name), Gallery([Card(name, [name], [(name, name)])])]
    report = Made(*blocks)
    page = to_html(report, name)
    assert_self_contained(page)
    assert_self_contained(report._repr_html_())
    assert " ".join(name.split()) in " ".join(Elements(page).text.split())
    print_report(report, io.StringIO())


@pytest.mark.parametrize("drawing", DRAWINGS.values(), ids=DRAWINGS)
def test_charts_follow_the_colours_of_the_page_and_are_read_aloud(drawing: Drawing) -> None:
    svg = draw(drawing, 'What "this" is & says')
    assert 'aria-label="What &quot;this&quot; is &amp; says"' in svg and 'role="img"' in svg
    assert "var(--" in svg and not re.search(r"(fill|stroke): #", svg)
    assert len(svg) < 200_000 and "DejaVu" not in svg and ' id="figure' not in svg
    assert_self_contained(svg)


def test_a_chart_is_drawn_alike_each_time() -> None:
    assert draw(MARKS, "x") == draw(MARKS, "x")


NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)


@settings(max_examples=6)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8), st.booleans())
def test_whatever_the_numbers_are_a_chart_comes(pairs: list[tuple[float, float]], bars: bool) -> None:
    x, y = zip(*pairs, strict=True)
    for drawing in (Cloud(x, y, "a", "b", "diagonal"), Cloud(x, y, "a", "b", "zero")):
        assert draw(drawing, "").startswith("<svg")
    marks = [Mark("a", a, "a", min(a, b), max(a, b)) for a, b in pairs]
    assert draw(Marks(marks, "score", bars=bars), "").startswith("<svg")


def test_a_score_that_is_not_known_leaves_a_gap() -> None:
    nan = float("nan")
    assert "n/a" in draw(Marks([Mark("a", nan, "n/a", nan, nan), Mark("b", 1.0, "1", 0.5, 1.5)], "score"), "")


def test_without_matplotlib_a_page_has_the_words_of_its_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.reports.page.can_draw", lambda: False)
    page = to_html(everything(), "x")
    assert "Trees did." in page and "<svg" not in page and "leadline[train]" in page


def test_a_notebook_gets_the_blocks_without_the_frame_and_no_rule_for_its_own_page() -> None:
    fragment = everything()._repr_html_()
    assert "<html" not in fragment and "Trees did." in fragment and "<svg" in fragment
    style = fragment[fragment.index("<style>") + 7 : fragment.index("</style>")]
    rules = re.sub(r"@media[^{]*\{", "", style).split("}")
    assert all(rule.strip().startswith(".leadline") for rule in rules if rule.strip())


def test_a_picture_that_is_there_is_part_of_the_page() -> None:
    cards = [Card("seen", picture=lambda: b"\xff\xd8\xff jpeg"), Card("gone", picture=lambda: None)]
    images = [attributes for tag, attributes in Elements(to_html(Made(Gallery(cards)), "x")).found if tag == "img"]
    assert [image["alt"] for image in images] == ["seen"]
    assert images[0]["src"].startswith("data:image/jpeg;base64,")


def test_long_names_are_cut_to_their_place() -> None:
    assert fitting("short", 100) == "short"
    cut = fitting("balance_not_updated_after_bank_transfer", 120)
    assert cut.startswith("balance") and cut.endswith("sfer") and "…" in cut and text_width(cut) <= 120
    assert text_width(fitting("漢字" * 20, 80)) <= 80


def test_drawing_leaves_nothing_in_home_and_the_environment_as_it_was(tmp_path: Path) -> None:
    code = """
import os
before = dict(os.environ)
from leadline.reports.drawing import draw
from leadline.reports.drawings import Mark, Marks
draw(Marks([Mark("a", 1.0, "1")], "x"), "x")
assert dict(os.environ) == before
"""
    environment = {"HOME": str(tmp_path), "LEADLINE_CACHE": str(tmp_path / "cache"), "PATH": ""}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=environment)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
