-- The same lock as in lock.sql.
SELECT pg_catalog.pg_try_advisory_xact_lock(1667329647, pg_catalog.hashtext($1));
