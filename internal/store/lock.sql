-- Where no key keeps a line from being stored twice, writers take turns for a transaction.
-- Another first key than in internal/table/lock.sql ("canp"): this one is held often.
SELECT pg_catalog.pg_advisory_xact_lock(1667329648, pg_catalog.hashtext({{literal .Table.String}}));
