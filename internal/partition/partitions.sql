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
    WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
),
part AS (
    SELECT i.inhrelid AS oid, true AS attached, i.inhdetachpending AS pending
    FROM pg_catalog.pg_inherits i
    JOIN parent ON parent.oid OPERATOR(pg_catalog.=) i.inhparent
    UNION ALL
    SELECT c.oid, false, false
    FROM pg_catalog.pg_description d
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objoid
    WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
        AND d.objsubid OPERATOR(pg_catalog.=) 0
        AND pg_catalog.starts_with(d.description, $2::pg_catalog.text)
        AND c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT c.relispartition
),
tree AS (
    SELECT oid AS root, oid FROM part
    UNION ALL
    SELECT tree.root, i.inhrelid
    FROM tree
    JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) tree.oid
),
-- Each table with its indexes, its TOAST table and the index of that.
piece AS (
    SELECT tree.root, tree.oid, c.relpages, c.oid AS piece
    FROM tree
    JOIN LATERAL (
        SELECT tree.oid AS piece
        UNION ALL
        SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indrelid OPERATOR(pg_catalog.=) tree.oid
        UNION ALL
        SELECT t.reltoastrelid FROM pg_catalog.pg_class t WHERE t.oid OPERATOR(pg_catalog.=) tree.oid
        UNION ALL
        SELECT x.indexrelid
        FROM pg_catalog.pg_class t
        JOIN pg_catalog.pg_index x ON x.indrelid OPERATOR(pg_catalog.=) t.reltoastrelid
        WHERE t.oid OPERATOR(pg_catalog.=) tree.oid
    ) AS pieces ON true
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) pieces.piece
    WHERE $3::boolean
),
locked AS MATERIALIZED (
    SELECT l.relation
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
        AND l.locktype OPERATOR(pg_catalog.=) 'relation'
        AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'
        AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
),
size AS (
    SELECT root, pg_catalog.sum(bytes)::bigint AS bytes
    FROM (
        SELECT root, CASE
            WHEN pg_catalog.bool_or(piece OPERATOR(pg_catalog.=) ANY (SELECT relation FROM locked))
                THEN pg_catalog.sum(relpages::bigint) OPERATOR(pg_catalog.*) pg_catalog.current_setting('block_size')::bigint
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
    n.nspname::pg_catalog.text,
    c.relname::pg_catalog.text,
    part.attached,
    part.pending,
    COALESCE(bound.expression OPERATOR(pg_catalog.=) 'DEFAULT', false),
    c.relkind OPERATOR(pg_catalog.=) 'p',
    CASE WHEN bounds[1] OPERATOR(pg_catalog.=) 'MINVALUE' THEN '-infinity' ELSE trim(bounds[1], '''')::pg_catalog.timestamptz END,
    CASE WHEN bounds[3] OPERATOR(pg_catalog.=) 'MAXVALUE' THEN 'infinity' ELSE trim(bounds[3], '''')::pg_catalog.timestamptz END,
    COALESCE(pg_catalog.replace(bounds[4], ', MINVALUE', '') OPERATOR(pg_catalog.<>) '', false),
    COALESCE(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
    COALESCE(size.bytes, 0),
    CASE
        WHEN pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN ''
        ELSE pg_catalog.format('ALTER TABLE %I.%I OWNER TO %I', n.nspname, c.relname, pg_catalog.pg_get_userbyid(parent.relowner))
    END
FROM part
CROSS JOIN parent
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) part.oid
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
LEFT JOIN size ON size.root OPERATOR(pg_catalog.=) part.oid
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, 0) AS expression) AS bound
LEFT JOIN LATERAL pg_catalog.regexp_match(
    bound.expression,
    $bound$^FOR VALUES FROM \((MINVALUE|MAXVALUE|'[^']*')((?:, (?:E?'(?:[^']|'')*'|[^',()]+))*)\) TO \((MINVALUE|MAXVALUE|'[^']*')((?:, (?:E?'(?:[^']|'')*'|[^',()]+))*)\)$$bound$
) AS bounds ON true;
