"""What samples were lies in parts by the time of its end.

The table as it is becomes the default part: no row is moved. Its key and one index are made anew, which takes a second
or two a million rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

_KEY = "person_id, ended_position, id, position, ended_at"
# As PostgreSQL names the indexes of a part.
_INDEXES = {
    "sample_past_by_age": "sample_past_default_by_age",
    "sample_past_by_client_assigned_id": "sample_past_default_person_id_client_key_client_assigned_id_idx",
}

# Whoever was allowed something on the table is allowed it still.
_GRANTS = """
do $$ declare grant_ record; begin
  for grant_ in
    select privilege_type as privilege, coalesce(r.rolname, 'public') as grantee, r.rolname is null as is_public,
           is_grantable
    from pg_class c, aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
    where c.oid = 'sample_past_default'::regclass and a.grantee <> c.relowner
  loop
    execute format(
      case when grant_.is_public then 'grant %s on sample_past to public' else 'grant %s on sample_past to %I%s' end,
      grant_.privilege, grant_.grantee, case when grant_.is_grantable then ' with grant option' else '' end);
  end loop;
end $$
"""


def upgrade() -> None:
    op.execute("alter table sample_past rename to sample_past_default")
    for old, new in _INDEXES.items():
        op.execute(f"alter index {old} rename to {new}")
    op.execute("alter table sample_past_default drop constraint sample_past_pkey")
    op.execute(
        f"alter table sample_past_default add constraint sample_past_default_pkey primary key ({_KEY})"
    )
    op.execute("drop index sample_past_by_end")
    op.execute("create table sample_past (like sample_past_default) partition by range (ended_at)")
    op.execute(f"alter table sample_past add constraint sample_past_pkey primary key ({_KEY})")
    op.create_index("sample_past_by_id", "sample_past", ["person_id", "id"])
    op.create_index(
        "sample_past_by_client_assigned_id",
        "sample_past",
        ["person_id", "client_key", "client_assigned_id"],
        postgresql_where=sa.text("is_deleted"),
    )
    op.execute("alter table sample_past attach partition sample_past_default default")
    # As `tables.py` says why. It counts from the next analysis of the table on.
    for table in ("sample_past", "sample_past_default"):
        op.execute(f"alter table {table} alter person_id set (n_distinct = 20, n_distinct_inherited = 20)")
    op.execute("analyze sample_past_default")
    op.execute(_GRANTS)
