from datetime import UTC, datetime, timedelta, timezone

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from borvo.dataserver.instants import restore_offset
from borvo.dataserver.written_rows import write_date


def write_as_database(instant: datetime) -> str:
    """What `to_json` makes of a timestamp: no zeros at the end of a fraction."""
    text = instant.replace(tzinfo=None).isoformat()
    return f'"{text.rstrip("0") if "." in text else text}"'


@given(
    st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001
    st.sampled_from([0, 1000, 1]),
    st.none() | st.integers(-(24 * 60 - 1), 24 * 60 - 1),
)
def test_a_date_is_written_as_the_encoder_writes_it(moment: datetime, tick: int, offset: int | None) -> None:
    instant = moment.replace(microsecond=moment.microsecond * tick % 1_000_000, tzinfo=UTC)
    written = write_date(write_as_database(instant), offset)
    assert msgspec.json.encode(written) == msgspec.json.encode(restore_offset(instant, offset))
    assert datetime.fromisoformat(written).utcoffset() == timezone(timedelta(minutes=offset or 0)).utcoffset(
        None
    )
