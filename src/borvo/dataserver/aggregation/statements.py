"""The SQL of statistics, composed of fixed fragments. Each statement shows something only while the reader's token is
good, and answers one row a bucket; of words, one a bucket and word.

Overlaps are resolved in time rather than sample by sample. A *source* is a device as one client tells of it. Sources
have an order; a stretch of time counts for the first source that has a sample there, and a sample counts by the share
of its time that is left to it. How much of a sample earlier sources have covered is the difference of two running
totals, looked up at its ends by one pass over all ends in order, so the cost grows as sorting does.
"""

from datetime import datetime, timedelta

from borvo.dataserver.aggregation.model import AggregateQuery, Function, Method, Share, list_groups
from borvo.dataserver.composition import Composition
from borvo.identity.public import Admission
from borvo.kernel.ids import PersonId

REACH = timedelta(days=31)
"""How long before the range a sample may have begun that lasts in it; what began earlier is not looked for."""

# Of a single source nothing needs to be known.
_EARLIER = "ranked where end_at > start_at and rank < (select max(rank) from source)"
_COLUMNS = "s.start_at, s.end_at, s.start_offset, s.end_offset, s.value, s.category, s.device, s.client_key"
_FIGURES = {
    Function.COUNT: "count(*)::float8",
    Function.MIN: "min(s.value)",
    Function.MAX: "max(s.value)",
    Function.AVG: "avg(s.value)",
    Function.STDDEV: "stddev_samp(s.value)",
}


def compose_aggregate(
    query: AggregateQuery,
    person_id: PersonId,
    bounds: list[datetime],
    admission: Admission,
    share: Share | None = None,
) -> Composition:
    """Rows of a bucket's number and its figures: of readings and groups, in the order of `query.functions`; of amounts,
    count and sum; of words, the word, its count and its seconds. With amounts and words, the devices in the order in
    which they counted stand beside. Without a `share` all samples count."""
    statement = Composition(person_id, query.sample_type.code, bounds)
    shared = _compose_share(statement, query, share) if share else ""
    if query.method in {Method.AMOUNTS, Method.WORDS}:
        text = _compose_shares(statement, query, shared)
    else:
        text = _compose_readings(statement, query, shared)
    live = admission.compose(statement.bind)
    statement.text = text.format(live=live)
    return statement


def _compose_share(statement: Composition, query: AggregateQuery, share: Share) -> str:
    """Added to the conditions on a sample `s`. Contract 7: what cannot be shown as a whole is not looked into."""
    if share.is_whole(query.sample_type):
        return ""
    since = f"{statement.bind(share.since)}::timestamptz"
    if query.method is not Method.GROUPS and not list_groups(query.sample_type):
        return f" and s.start_at >= {since}"
    readable = statement.bind(sorted(share.readable))
    return (
        " and not exists (select from sample w where w.person_id = s.person_id and w.id = s.id and ("
        f"w.start_at < {since} or w.position > 0 and not w.type_code = any({readable}::smallint[])))"
    )


def _compose_readings(statement: Composition, query: AggregateQuery, shared: str) -> str:
    lower, upper = statement.bind(query.lower), statement.bind(query.upper)
    inside = f"s.start_at >= {lower} and s.start_at <= {upper}{shared}"
    figures = [_FIGURES[each] for each in query.functions if each is not Function.PERCENTILE]
    if query.asks(Function.PERCENTILE):
        shares = statement.bind([each / 100 for each in query.percentiles])
        figures.append(f"percentile_cont({shares}::float8[]) within group (order by s.value)")
    moment = _shift("s.start_at", "s.start_offset", query)
    listed = "".join(f", {figure}" for figure in figures)
    return (
        f"select width_bucket({moment}, $3::timestamptz[]) as bucket{listed} "
        f"from ({_pick(query, inside)}) s where {{live}} group by 1 order by 1"
    )


def _shift(moment: str, offset: str, query: AggregateQuery) -> str:
    """The moment as the bounds stand for it: local time written as UTC when there is no zone."""
    return moment if query.zone else f"{moment} + coalesce({offset}, 0) * interval '1 minute'"


def _pick(query: AggregateQuery, inside: str) -> str:
    """The samples of the type. Children lie in an index of their own, so they are a statement of their own."""
    leg = f"select {_COLUMNS} from sample s where s.person_id = $1 and s.type_code = $2::smallint and {{}} and {{}}"
    legs = [leg.format("s.position = 0", inside)]
    if list_groups(query.sample_type):
        legs.append(leg.format("s.position > 0", inside))
    return " union all ".join(legs)


def _compose_shares(statement: Composition, query: AggregateQuery, shared: str) -> str:
    devices = statement.bind(list(query.devices))
    pieces = _cut(statement, query) if query.is_cut else _place(statement, query)
    figures = (
        "c.category, count(*), sum(c.seconds)" if query.method is Method.WORDS else "count(*), sum(c.share)"
    )
    groups = "1, 2" if query.method is Method.WORDS else "1"
    return _SHARES.format(
        picked=_pick(query, _reach(statement, query) + shared),
        devices=devices,
        pieces=pieces,
        islands=_merge("rank", _EARLIER),
        covers=_merge("under", "(select s.rank as under, i.start_at, i.end_at from source s, island i "
                               "where i.rank < s.rank) o"),
        figures=f"select c.bucket, {figures}, (select devices from ordered) from counted c "
        f"where {{live}} group by {groups} order by {groups}",
    )  # fmt: skip


def _reach(statement: Composition, query: AggregateQuery) -> str:
    """What lasts in the range, or ends in it and what may cover that."""
    if query.is_cut:
        early, lower, upper = (
            statement.bind(each) for each in (query.lower - REACH, query.lower, query.upper)
        )
        return f"s.start_at >= {early} and s.start_at <= {upper} and s.end_at >= {lower}"
    early, upper = statement.bind(query.lower - 2 * REACH), statement.bind(query.upper)
    return f"s.start_at >= {early} and s.start_at <= {upper}"


def _cut(statement: Composition, query: AggregateQuery) -> str:
    """What of each sample lies in the range, divided at the bounds."""
    lower, upper = statement.bind(query.lower), statement.bind(query.upper)
    shift = "" if query.zone else "coalesce(r.start_offset, 0) * interval '1 minute'"
    later, back = (f" + {shift}", f" - {shift}") if shift else ("", "")
    return f"""
      select r.rank, r.category, r.value, r.start_at = r.end_at as is_instant, r.end_at - r.start_at as whole,
             cut.number as bucket, greatest(r.from_at, ($3::timestamptz[])[cut.number]{back}) as from_at,
             least(r.to_at, ($3::timestamptz[])[cut.number + 1]{back}) as to_at
      from (select *, greatest(start_at, {lower}) as from_at, least(end_at, {upper}) as to_at from ranked) r
      cross join lateral generate_series(
        width_bucket(r.from_at{later}, $3::timestamptz[]),
        width_bucket(greatest(r.from_at, r.to_at - interval '1 microsecond'){later}, $3::timestamptz[])
      ) as cut (number)
      where r.from_at < r.to_at or r.start_at = r.end_at and r.start_at >= {lower} and r.start_at <= {upper}"""


def _place(statement: Composition, query: AggregateQuery) -> str:
    """Each sample that ends in the range, whole, where its last moment lies."""
    lower, upper = statement.bind(query.lower), statement.bind(query.upper)
    last = "case when end_at > start_at then end_at - interval '1 microsecond' else end_at end"
    return f"""
      select rank, category, value, start_at = end_at as is_instant, end_at - start_at as whole,
             width_bucket({_shift(last, "end_offset", query)}, $3::timestamptz[]) as bucket,
             start_at as from_at, end_at as to_at
      from ranked where end_at >= {lower} and end_at <= {upper}"""


def _merge(key: str, origin: str) -> str:
    """Stretches of time that touch or overlap made one, for each key apart; `before` is the length of those earlier."""
    return f"""
      select {key}, start_at, end_at,
             sum(end_at - start_at) over (partition by {key} order by start_at) - (end_at - start_at) as before
      from (
        select {key}, min(start_at) as start_at, max(end_at) as end_at
        from (select {key}, start_at, end_at,
                     count(*) filter (where opens) over (partition by {key} order by start_at, end_at
                                                         rows unbounded preceding) as number
              from (select {key}, start_at, end_at, coalesce(start_at > max(end_at) over (
                             partition by {key} order by start_at, end_at
                             rows between unbounded preceding and 1 preceding), true) as opens
                    from {origin}) n) m
        group by {key}, number) l"""


# `point` holds both ends of each piece; the running maxima find the last stretch that began before it, since stretches
# of one key ascend.
_SHARES = """
with picked as materialized ({picked}),
source as materialized (
  select device, client_key,
         row_number() over (order by array_position({devices}::text[], device), device is null, device collate "C",
                            client_key) as rank
  from (select distinct device, client_key from picked) d),
ordered as (
  select array_agg(device order by rank) as devices
  from (select device, min(rank) as rank from source group by device) o),
ranked as materialized (
  select p.start_at, p.end_at, p.start_offset, p.end_offset, p.value, p.category, s.rank
  from picked p join source s on s.client_key = p.client_key and coalesce(s.device, '') = coalesce(p.device, '')
                             and (s.device is null) = (p.device is null)),
piece as materialized (select *, row_number() over () as number from ({pieces}) p),
island as materialized ({islands}),
cover as materialized ({covers}),
instant as materialized (select start_at, min(rank) as rank from ranked where start_at = end_at group by start_at),
point as (
  select rank as under, from_at as at, 1 as kind, number, false as is_end, null::timestamptz as start_at,
         null::timestamptz as end_at, null::interval as before from piece where rank > 1
  union all select rank, to_at, 1, number, true, null, null, null from piece where rank > 1
  union all select under, start_at, 0, null, null, start_at, end_at, before from cover),
measured as (
  select number, is_end, at, max(start_at) over w as start_at, max(end_at) over w as end_at,
         max(before) over w as before
  from point window w as (partition by under order by at, kind rows unbounded preceding)),
covered as (
  select number, sum(case when is_end then total else -total end) as length, bool_or(at < end_at) as is_inside
  from (select *, coalesce(before + (least(at, end_at) - start_at), interval '0') as total from measured) m
  where number is not null group by number),
shared as (
  select p.bucket, p.category, p.value, p.is_instant, p.whole,
         p.to_at - p.from_at - coalesce(c.length, interval '0') as left_over,
         coalesce(c.is_inside, false) or i.rank < p.rank as is_taken
  from piece p left join covered c using (number)
  left join instant i on p.is_instant and i.start_at = p.from_at),
counted as (
  select bucket, category, date_part('epoch', left_over) as seconds,
         case when is_instant then value else value * (date_part('epoch', left_over) / date_part('epoch', whole)) end
           as share
  from shared where case when is_instant then not coalesce(is_taken, false) else left_over > interval '0' end)
{figures}
"""
