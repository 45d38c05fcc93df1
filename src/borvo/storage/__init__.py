"""PostgreSQL: connections, transactions, the one schema, its migrations, sealing of secrets at rest, and the
embedded server. Everything that knows how data is kept, and nothing that knows what it means, lives here."""
