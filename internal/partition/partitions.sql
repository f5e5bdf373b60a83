-- Lists the partitions of $1, and the tables whose comment starts with $2: they may have
-- been its partitions. $3 says whether to read sizes. The parent's oid says which table a
-- comment is about, whatever that is called now.
--
-- Bounds come from the catalogue, never from names. pg_get_expr renders
-- "FOR VALUES FROM ('2023-05-12 00:00:00+00') TO ('2023-05-13 00:00:00+00')" in the
-- session's time zone, and the casts read it in the same zone. MINVALUE and MAXVALUE
-- become infinities. A DEFAULT partition has no bounds. Where the key has more columns than
-- created_at, bounds[4] holds the rest of the upper bound.
--
-- pg_get_expr waits for a VACUUM FULL of the table that it is given; bounds name no column,
-- so 0 does. pg_total_relation_size waits, too: what is locked has the size of the last
-- ANALYZE. A table that is dropped meanwhile has no size. The size of a partition that
-- is itself partitioned is that of its parts.
WITH RECURSIVE parent AS (
    SELECT oid, relowner
    FROM pg_catalog.pg_class
    WHERE oid = pg_catalog.to_regclass($1::text)::oid
),
part AS (
    SELECT i.inhrelid AS oid, true AS attached, i.inhdetachpending AS pending
    FROM pg_catalog.pg_inherits i
    JOIN parent ON parent.oid = i.inhparent
    UNION ALL
    SELECT c.oid, false, false
    FROM pg_catalog.pg_description d
    JOIN pg_catalog.pg_class c ON c.oid = d.objoid
    WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass::oid
        AND d.objsubid = 0
        AND pg_catalog.starts_with(d.description, $2::text)
        AND c.relkind = 'r'
        AND NOT c.relispartition
),
tree AS (
    SELECT oid AS root, oid FROM part
    UNION ALL
    SELECT tree.root, i.inhrelid
    FROM tree
    JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.oid
),
-- Each table with its indexes, its TOAST table and the index of that.
piece AS (
    SELECT tree.root, tree.oid, c.relpages, c.oid AS piece
    FROM tree
    JOIN LATERAL (
        SELECT tree.oid AS piece
        UNION ALL
        SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid = tree.oid
        UNION ALL
        SELECT t.reltoastrelid FROM pg_catalog.pg_class t WHERE t.oid = tree.oid
        UNION ALL
        SELECT x.indexrelid
        FROM pg_catalog.pg_class t
        JOIN pg_catalog.pg_index x ON x.indrelid = t.reltoastrelid
        WHERE t.oid = tree.oid
    ) AS pieces ON true
    JOIN pg_catalog.pg_class c ON c.oid = pieces.piece
    WHERE $3::boolean
),
locked AS MATERIALIZED (
    SELECT l.relation
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_database d ON d.oid = l.database
    WHERE d.datname = pg_catalog.current_database()
        AND l.locktype = 'relation'
        AND l.mode = 'AccessExclusiveLock'
        AND l.pid <> pg_catalog.pg_backend_pid()
),
size AS (
    SELECT root, pg_catalog.sum(bytes)::bigint AS bytes
    FROM (
        SELECT root, CASE
            WHEN pg_catalog.bool_or(piece IN (SELECT relation FROM locked))
                THEN pg_catalog.sum(relpages::bigint) * pg_catalog.current_setting('block_size')::bigint
            ELSE COALESCE(pg_catalog.pg_total_relation_size(oid), 0)
        END AS bytes
        FROM piece
        GROUP BY root, oid
    ) AS leaf
    GROUP BY root
)
SELECT
    parent.oid,
    c.oid,
    n.nspname::text,
    c.relname::text,
    part.attached,
    part.pending,
    COALESCE(bound.expression = 'DEFAULT', false),
    c.relkind = 'p',
    CASE WHEN bounds[1] = 'MINVALUE' THEN '-infinity' ELSE trim(bounds[1], '''')::timestamptz END,
    CASE WHEN bounds[3] = 'MAXVALUE' THEN 'infinity' ELSE trim(bounds[3], '''')::timestamptz END,
    COALESCE(pg_catalog.replace(bounds[4], ', MINVALUE', '') <> '', false),
    COALESCE(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
    COALESCE(size.bytes, 0),
    CASE
        WHEN pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN ''
        ELSE pg_catalog.format('ALTER TABLE %I.%I OWNER TO %I', n.nspname, c.relname, pg_catalog.pg_get_userbyid(parent.relowner))
    END
FROM part
CROSS JOIN parent
JOIN pg_catalog.pg_class c ON c.oid = part.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN size ON size.root = part.oid
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, 0) AS expression) AS bound
LEFT JOIN LATERAL pg_catalog.regexp_match(
    bound.expression,
    $bound$^FOR VALUES FROM \((MINVALUE|MAXVALUE|'[^']*')((?:, (?:E?'(?:[^']|'')*'|[^',()]+))*)\) TO \((MINVALUE|MAXVALUE|'[^']*')((?:, (?:E?'(?:[^']|'')*'|[^',()]+))*)\)$$bound$
) AS bounds ON true;
