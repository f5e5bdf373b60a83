-- Reads what LIKE does not copy. A partitioned table has no storage parameters, so a new
-- partition takes those of the newest one, $2, and of its TOAST table. The tablespace is
-- that of the parent $1, as with PARTITION OF. So is the access method; before Postgres 17 a
-- partitioned table has none, and the newest partition says it.
SELECT
    COALESCE((
        SELECT pg_catalog.string_agg(
            prefix || pg_catalog.quote_ident(pg_catalog.split_part(option, '=', 1)) || ' = ' || pg_catalog.quote_literal(pg_catalog.substr(option, pg_catalog.strpos(option, '=') + 1)),
            ', '
        )
        FROM (
            SELECT '' AS prefix, pg_catalog.unnest(reloptions) AS option
            FROM pg_catalog.pg_class
            WHERE oid = $2::oid
            UNION ALL
            SELECT 'toast.', pg_catalog.unnest(toast.reloptions)
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid
            WHERE c.oid = $2::oid
        ) AS parameter
    ), '') AS parameters,
    COALESCE((
        SELECT spcname::text
        FROM pg_catalog.pg_tablespace s
        JOIN pg_catalog.pg_class c ON c.reltablespace = s.oid
        WHERE c.oid = pg_catalog.to_regclass($1::text)::oid
    ), '') AS tablespace,
    COALESCE((
        SELECT am.amname::text
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_am am ON am.oid = c.relam
        WHERE c.oid IN (pg_catalog.to_regclass($1::text)::oid, $2::oid)
        ORDER BY c.oid = $2::oid
        LIMIT 1
    ), '') AS access_method;
