"""The report of what a client did."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from borvo.identity.public import CLIENT_LIMITS
from borvo.portal.activity import Activity, build_report
from borvo.portal.headroom import list_headroom
from borvo.portal.model import GrantType
from tests.unit.portal.test_client_secrets import build_client

TODAY = date(2026, 3, 1)
YESTERDAY = TODAY - timedelta(days=1)


def test_a_report_has_every_day_up_to_today_and_zero_where_nothing_was() -> None:
    report = build_report([(YESTERDAY, "sign_in", 3)], TODAY, 7)
    assert report.days == tuple(TODAY - timedelta(days=back) for back in range(6, -1, -1))
    assert report.series[0].counts == (0, 0, 0, 0, 0, 3, 0)
    assert report.rows[:2] == [(TODAY, (0, 0, 0, 0)), (YESTERDAY, (3, 0, 0, 0))]


def test_tokens_are_one_chart_and_told_apart_below_it() -> None:
    rows = [(TODAY, "token_code", 2), (YESTERDAY, "token_code", 1), (TODAY, "token_refresh", 5)]
    report = build_report(rows, TODAY, 7)
    assert report.series[1].counts[-2:] == (1, 7)
    assert report.tokens == (("for a code", 3), ("for a refresh token", 5))


def test_every_kind_is_in_one_chart() -> None:
    report = build_report([(TODAY, kind.value, 1) for kind in Activity], TODAY, 7)
    assert sum(series.total for series in report.series) == len(Activity)


def test_what_a_later_release_counts_is_left_out() -> None:
    assert build_report([(TODAY, "letters_sent", 9)], TODAY, 7).is_empty


@pytest.mark.parametrize(
    ("grant_type", "is_public", "names"),
    [
        (GrantType.HYBRID, False, ["client-secret", "waiting-request", "pushed-request"]),
        (GrantType.AUTHORIZATION_CODE, True, ["waiting-request"]),
        (GrantType.CLIENT_CREDENTIALS, False, ["client-secret"]),
        (GrantType.DEVICE_CODE, False, ["client-secret"]),
        (GrantType.DEVICE_CODE, True, ["device"]),
    ],
)
def test_a_client_is_told_of_the_limits_that_it_can_meet(
    grant_type: GrantType, is_public: bool, names: list[str]
) -> None:
    client = replace(build_client([]), grant_types=frozenset({grant_type}), is_public=is_public)
    shown = list_headroom(CLIENT_LIMITS, client, {"client-secret": (50, 50), "device": (3, 200)})
    assert [line.about.limit.name for line in shown] == names
    left = {line.about.limit.name: line.left for line in shown}
    assert left.get("client-secret", 0) == 0
    assert left.get("device", 197) == 197
