"""Charts as SVG: one bar a day. No script and no style in them: the theme colours what the classes name, so that the
content security policy holds, and a chart prints."""

from collections.abc import Sequence
from datetime import date
from html import escape
from itertools import count
from typing import NamedTuple

from borvo.kernel.text import Number, say, say_count
from borvo.languages.language import Language
from borvo.portal.activity import Series

WIDTH, HEIGHT = 420, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 26, 12, 24
_LABELS = 4
_STEPS = 4
_THOUSAND = 1000


class Scale(NamedTuple):
    """The lines across a chart: every `step` from zero up to `top`."""

    step: int
    top: int


def find_scale(highest: int) -> Scale:
    """At most four steps of 1, 2 or 5 times a power of ten, since people read those; at least one."""
    for power in count():
        for factor in (1, 2, 5):
            step = factor * 10**power
            if step * _STEPS >= highest:
                return Scale(step, step * max(1, -(-highest // step)))
    raise AssertionError


def render_figure(language: Language, number: int) -> str:
    """Short, for the edge of a chart: 12, 3.5k, 20M. Exact for every line of a scale."""
    for unit, size in (("G", _THOUSAND**3), ("M", _THOUSAND**2), ("k", _THOUSAND)):
        if number >= size:
            return f"{language.number(number / size)}{unit}"
    return str(number)


def render_bars(language: Language, series: Series, days: Sequence[date]) -> str:
    """The chart of a series by day. Its name and a description are read to whoever does not see it; the series' slug
    makes their ids, so a page may hold several. Hovering over a bar tells its figure."""
    slug, counts = series.slug, series.counts
    highest = max(counts, default=0)
    scale = find_scale(highest)
    title = say("%(title)s by day", title=series.title)
    told = say_count(
        "%(total)s in one day. The table below has all numbers.",
        "%(total)s in %(count)s days, %(highest)s on the busiest. The table below has all numbers.",
        len(days),
        total=Number(series.total),
        highest=Number(highest),
    )
    drawn = (
        *_draw_lines(language, scale),
        *_draw_bars(language, scale, days, counts),
        *_draw_days(language, days),
    )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{slug}-title {slug}-desc">'
        f'<title id="{slug}-title">{escape(language.say(title))}</title>'
        f'<desc id="{slug}-desc">{escape(language.say(told))}</desc>'
        f"{''.join(drawn)}</svg>"
    )


def _find_height(scale: Scale, value: int) -> float:
    return (HEIGHT - _TOP - _BOTTOM) * value / scale.top


def _find_column(days: Sequence[date]) -> float:
    return (WIDTH - _LEFT - _RIGHT) / max(1, len(days))


def _draw_lines(language: Language, scale: Scale) -> list[str]:
    drawn = []
    for value in range(0, scale.top + 1, scale.step):
        y = HEIGHT - _BOTTOM - _find_height(scale, value)
        drawn.append(
            f'<path class="chart-line" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
            f'<text class="chart-value" x="{_LEFT - 6}" y="{y + 4:.1f}">{render_figure(language, value)}</text>'
        )
    return drawn


def _draw_bars(language: Language, scale: Scale, days: Sequence[date], counts: Sequence[int]) -> list[str]:
    column = _find_column(days)
    drawn = []
    for position, (day, value) in enumerate(zip(days, counts, strict=True)):
        # Something is never drawn as nothing.
        height = max(1.0, _find_height(scale, value)) if value else 0.0
        x, y = _LEFT + column * (position + 0.1), HEIGHT - _BOTTOM - height
        if value:
            figure = say("%(day)s: %(count)s", day=language.short_day(day), count=Number(value))
            drawn.append(
                f'<rect class="chart-bar" x="{x:.2f}" y="{y:.2f}" width="{column * 0.8:.2f}" height="{height:.2f}">'
                f"<title>{escape(language.say(figure))}</title></rect>"
            )
    return drawn


def _draw_days(language: Language, days: Sequence[date]) -> list[str]:
    """Under a few of the bars, the last one among them."""
    column, stride = _find_column(days), -(-len(days) // _LABELS)
    return [
        f'<text class="chart-day" x="{_LEFT + column * (position + 0.5):.1f}" y="{HEIGHT - 6}">'
        f"{escape(language.short_day(day))}</text>"
        for position, day in enumerate(days)
        if stride and (len(days) - 1 - position) % stride == 0
    ]
