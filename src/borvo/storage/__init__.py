"""PostgreSQL and everything that knows it is PostgreSQL: the embedded server, connections, the unit of work,
column types, migrations and the outbox. Features keep their SQL in their own `store.py`; nothing here knows a
feature.
"""
