-- The first key is a constant ("cano"), which keeps this lock apart from those of an
-- application that shares the database. The second is the table. An advisory lock
-- belongs to its database, so equal names in other databases do not collide.
SELECT pg_catalog.pg_advisory_xact_lock(1667329647, pg_catalog.hashtext($1));
