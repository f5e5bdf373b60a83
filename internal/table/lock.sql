-- Two keys: a constant of this exporter's ("cano"), so that it cannot meet the
-- locks of an application that shares the database, and the table. An advisory
-- lock belongs to its database, so equal names elsewhere do not meet either.
SELECT pg_advisory_xact_lock(1667329647, hashtext($1));
