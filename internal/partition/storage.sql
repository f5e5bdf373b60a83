-- Reads what LIKE does not copy. A partitioned table has no storage parameters, so a new
-- partition takes those of the newest one, $2, and of its TOAST table. The tablespace is
-- that of the parent $1, as with PARTITION OF. So is the access method; before Postgres 17 a
-- partitioned table has none, and the newest partition says it.
SELECT
    COALESCE((
        SELECT pg_catalog.string_agg(
            prefix OPERATOR(pg_catalog.||) pg_catalog.quote_ident(pg_catalog.split_part(option, '=', 1)) OPERATOR(pg_catalog.||) ' = ' OPERATOR(pg_catalog.||) pg_catalog.quote_literal(pg_catalog.substr(option, pg_catalog.strpos(option, '=') OPERATOR(pg_catalog.+) 1)),
            ', '
        )
        FROM (
            SELECT '' AS prefix, pg_catalog.unnest(reloptions) AS option
            FROM pg_catalog.pg_class
            WHERE oid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
            UNION ALL
            SELECT 'toast.', pg_catalog.unnest(toast.reloptions)
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_class toast ON toast.oid OPERATOR(pg_catalog.=) c.reltoastrelid
            WHERE c.oid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
        ) AS parameter
    ), '') AS parameters,
    COALESCE((
        SELECT spcname::pg_catalog.text
        FROM pg_catalog.pg_tablespace s
        JOIN pg_catalog.pg_class c ON c.reltablespace OPERATOR(pg_catalog.=) s.oid
        WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
    ), '') AS tablespace,
    COALESCE((
        SELECT am.amname::pg_catalog.text
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_am am ON am.oid OPERATOR(pg_catalog.=) c.relam
        WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid, $2::pg_catalog.oid])
        ORDER BY c.oid OPERATOR(pg_catalog.=) $2::pg_catalog.oid
        LIMIT 1
    ), '') AS access_method;
