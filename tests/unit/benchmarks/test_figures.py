"""What the benchmark makes of the durations that it took, and how it shows them."""

import statistics
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from benchmarks.latency import Figures, summarize, take_medians
from benchmarks.provider_rows import describe_delay
from benchmarks.report import render_steps
from borvo.web.loop_delay import BUCKETS


def test_percentiles_are_of_the_durations_in_milliseconds() -> None:
    figures = summarize([number / 1000 for number in range(101)], seconds=2, worker_seconds=0.5)
    assert (figures.p50, figures.p95, figures.p99) == pytest.approx((50, 95, 99))
    assert (figures.rate, figures.rate_a_core) == (50.5, 202)


@given(st.lists(st.floats(0.001, 10), min_size=2, max_size=200))
def test_percentiles_rise_and_stay_between_the_shortest_and_the_longest(durations: list[float]) -> None:
    figures = summarize(durations, 1, 1)
    in_order = [1000 * min(durations), figures.p50, figures.p95, figures.p99, 1000 * max(durations)]
    assert in_order == pytest.approx(sorted(in_order))


FAST, SLOW = Figures(1000, 1250, 1, 2, 3.14), Figures(400, 500, 4, 5, 6)


def test_a_step_has_a_line_a_server_and_borvos_says_how_far_ahead_it_is() -> None:
    table = render_steps({"refresh": {"Borvo": [FAST], "peer": [SLOW]}}, "peer").splitlines()[2:]
    assert table == [
        "| refresh | Borvo | 1,000 | 1,250 | 1.0 | 2.0 | 3.1 | 2.50 |",
        "| refresh | peer | 400 | 500 | 4.0 | 5.0 | 6.0 |  |",
    ]


def test_without_a_peer_nobody_is_ahead() -> None:
    lines = render_steps({"refresh": {"Borvo": [FAST], "Borvo, JWT": [SLOW]}}, "peer").splitlines()[2:]
    assert [line.rsplit("|", 2)[1] for line in lines] == ["  ", "  "]


def test_of_several_rounds_the_medians_count_and_the_ratio_is_of_each_round() -> None:
    """A slow minute of the machine weighs on both that are measured in it, and on no ratio."""
    slow_minute = [Figures(rate, 1, 1, 1, 1) for rate in (100, 10, 120)]
    beside = [Figures(rate, 1, 1, 1, 1) for rate in (50, 4, 100)]
    own, peer = render_steps({"refresh": {"Borvo": slow_minute, "peer": beside}}, "peer").splitlines()[2:]
    assert own == "| refresh | Borvo | 100 | 1 | 1.0 | 1.0 | 1.0 | 2.00 |"
    assert peer.startswith("| refresh | peer | 50 | 1 |")


@given(st.lists(st.tuples(*[st.floats(1, 1e6)] * 5), min_size=1, max_size=9))
def test_medians_are_of_each_figure_by_itself(rounds: list[tuple[float, float, float, float, float]]) -> None:
    medians = take_medians([Figures(*each) for each in rounds])
    assert astuple(medians) == tuple(map(statistics.median, zip(*rounds, strict=True)))


def expose(*delays: float) -> str:
    registry = CollectorRegistry()
    histogram = Histogram("borvo_event_loop_delay_seconds", "Delay", buckets=BUCKETS, registry=registry)
    for delay in delays:
        histogram.observe(delay)
    return generate_latest(registry).decode()


@pytest.mark.parametrize(
    ("delays", "words"),
    [
        ((0.001,), "1 | 100.00% | under 1 ms"),
        ((0.0005, 0.004, 0.005, 0.006), "4 | 75.00% | under 7.5 ms"),
        ((0.3, 0.4), "2 | 0.00% | under 500 ms"),
        ((0.001, 3), "2 | 50.00% | over 1 s"),
    ],
)
def test_the_exposed_histogram_becomes_a_row(delays: tuple[float, ...], words: str) -> None:
    *_, row = describe_delay(expose(*delays)).splitlines()
    assert row.endswith(f"| {words} | under 5 ms |")


def test_metrics_without_the_histogram_or_a_look_say_that_nobody_looked() -> None:
    assert describe_delay("") == describe_delay(expose()) == "Event loop: nobody looked"
