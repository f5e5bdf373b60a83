-- What stands in the way of writing lines: whether the session is read-only, which privileges
-- on the table and on the database the role lacks, and whether it lacks the rights of the owner
-- of a partitioned table. A privilege on some columns is enough: the table may have others. Only
-- the catalogue is read, so that nothing waits for a lock.
SELECT
    pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on',
    pg_catalog.array_remove(ARRAY[
        CASE WHEN NOT pg_catalog.has_any_column_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
        CASE WHEN NOT pg_catalog.has_any_column_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
        CASE WHEN NOT pg_catalog.has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END
    ]::pg_catalog.text[], NULL),
    NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
    COALESCE(
        c.relkind OPERATOR(pg_catalog.=) 'p' AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE'),
        false
    )
FROM (VALUES (pg_catalog.to_regclass($1))) AS named (relation)
LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) named.relation::pg_catalog.oid;
