-- The same lock as in lock.sql.
SELECT pg_try_advisory_xact_lock(1667329647, hashtext($1));
