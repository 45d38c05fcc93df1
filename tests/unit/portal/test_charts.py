"""Charts: right in their proportions, and nothing in them that the content security policy would drop."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borvo.kernel.text import say
from borvo.languages.choice import choose_language
from borvo.languages.language import Language
from borvo.portal.activity import Series
from borvo.portal.charts import find_scale, render_bars, render_figure

ENGLISH, FRENCH = choose_language(["en"]), choose_language(["fr"])
LAST = date(2026, 3, 1)
SVG = "{http://www.w3.org/2000/svg}"


def list_days(count: int) -> list[date]:
    return [LAST - timedelta(days=count - 1 - position) for position in range(count)]


def render(counts: list[int], title: str = "Sign-ins", language: Language = ENGLISH) -> str:
    series = Series("sign-ins", title, "", tuple(counts))
    return render_bars(language, series, list_days(len(counts)))


def draw(counts: list[int], title: str = "Sign-ins", language: Language = ENGLISH) -> ET.Element:
    text = render(counts, title, language)
    return ET.fromstring(text.replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1))  # noqa: S314  (our own)


@given(st.integers(0, 10**12))
def test_a_scale_has_few_round_steps_and_room_for_the_highest(highest: int) -> None:
    step, top = find_scale(highest)
    assert top >= highest
    assert 1 <= top // step <= 4
    assert top % step == 0
    assert re.fullmatch("[125]0*", str(step))
    # No more room than one step.
    assert top - step < max(highest, 1)


@given(st.integers(0, 10**11))
def test_the_lines_of_a_scale_are_labelled_exactly(highest: int) -> None:
    step, top = find_scale(highest)
    sizes = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
    for value in range(0, top + 1, step):
        number, unit = re.fullmatch(r"([0-9.]+)([kMG]?)", render_figure(ENGLISH, value)).groups()  # type: ignore[union-attr]
        assert round(float(number) * sizes[unit]) == value


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=90))
def test_bars_are_as_high_as_their_counts(counts: list[int]) -> None:
    bars = draw(counts).findall(f"{SVG}rect")
    shown = [count for count in counts if count]
    assert [bar.findtext(f"{SVG}title", "").partition(": ")[2] for bar in bars] == [f"{n:,}" for n in shown]
    heights = [float(bar.attrib["height"]) for bar in bars]
    for height, count in zip(heights, shown, strict=True):
        # A bar of little is at least to be seen, and figures are rounded.
        assert height == pytest.approx(max(1, max(heights) * count / max(shown)), abs=0.02)
    for bar in bars:
        assert float(bar.attrib["y"]) + float(bar.attrib["height"]) == pytest.approx(166, abs=0.02)


@pytest.mark.parametrize("count", [1, 7, 30, 90])
def test_a_few_days_are_named_and_the_last_is_one_of_them(count: int) -> None:
    names = [each.text for each in draw([1] * count).findall(f"{SVG}text[@class='chart-day']")]
    assert 1 <= len(names) <= 4
    assert names[-1] == "1 Mar"


def test_whoever_does_not_see_the_chart_is_told_what_it_shows() -> None:
    chart = draw([0, 1200, 34])
    assert chart.attrib["role"] == "img"
    named = [chart.find(f"*[@id='{name}']") for name in chart.attrib["aria-labelledby"].split()]
    assert [each.text for each in named if each is not None] == [
        "Sign-ins by day",
        "1,234 in 3 days, 1,200 on the busiest. The table below has all numbers.",
    ]


def test_a_chart_speaks_the_language_of_its_reader() -> None:
    chart = draw([0, 1500, 1234], say("Sign-ins"), FRENCH)
    assert chart.findtext(f"{SVG}title") == "Connexions par jour"
    assert (chart.findtext(f"{SVG}desc") or "").startswith("2\u202f734 en 3 jours, dont 1\u202f500 le jour")
    assert chart.findtext(f"{SVG}text[@class='chart-day']") == "27 févr."
    assert render_figure(FRENCH, 1500) == "1,5k"


def test_nothing_in_a_chart_needs_more_than_the_policy_allows() -> None:
    chart = draw([3, 1, 4], title='<script>"&')
    elements = [each.tag.removeprefix(SVG) for each in chart.iter()]
    assert set(elements) <= {"svg", "title", "desc", "path", "text", "rect"}
    attributes = {name for each in chart.iter() for name in each.attrib}
    assert attributes <= {
        "aria-labelledby", "class", "d", "height", "id", "role", "viewBox", "width", "x", "y",
    }  # fmt: skip
    assert "://" not in render([3, 1, 4])
