-- Lists the tables that hold the lines below the tables $1, and in each the columns $2, and
-- those that a note says were indexed, with every index that leads with the column and holds
-- for every row. The first row of a column without one has no index.
--
-- Nothing here waits for a table that somebody has locked: such a table is busy, and has the
-- size that VACUUM last found. So is one that VACUUM or an index build has: whoever waits for
-- autovacuum cancels it.
WITH RECURSIVE tree AS (
    SELECT roots.root, roots.root AS oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS roots (root)
    UNION ALL
    SELECT tree.root, i.inhrelid
    FROM tree
    JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) tree.oid
),
locked AS MATERIALIZED (
    SELECT DISTINCT l.relation
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_database d ON d.oid OPERATOR(pg_catalog.=) l.database
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
        AND l.locktype OPERATOR(pg_catalog.=) 'relation'
        AND l.granted
        AND l.mode OPERATOR(pg_catalog.=) ANY (ARRAY[
            'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'
        ]::pg_catalog.text[])
        AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
),
leaf AS MATERIALIZED (
    SELECT
        tree.root, c.oid, n.nspname, c.relname, c.relpages,
        pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
        c.oid OPERATOR(pg_catalog.=) ANY (SELECT relation FROM locked) AS busy
    FROM tree
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) tree.oid AND c.relkind OPERATOR(pg_catalog.=) 'r'
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
)
SELECT
    leaf.root,
    leaf.oid,
    leaf.nspname::pg_catalog.text,
    leaf.relname::pg_catalog.text,
    leaf.owned,
    leaf.busy,
    CASE
        WHEN leaf.busy THEN leaf.relpages
        ELSE COALESCE(pg_catalog.pg_relation_size(leaf.oid), 0) OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::bigint
    END,
    a.attname::pg_catalog.text,
    -- varchar has no operator class of its own, but text's.
    COALESCE((
        SELECT pg_catalog.format('pg_catalog.%I', o.opcname)
        FROM pg_catalog.pg_opclass o
        JOIN pg_catalog.pg_am am ON am.oid OPERATOR(pg_catalog.=) o.opcmethod
        WHERE am.amname OPERATOR(pg_catalog.=) 'brin'
            AND o.opcnamespace OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid
            AND pg_catalog."right"(o.opcname::pg_catalog.text, 10) OPERATOR(pg_catalog.=) '_bloom_ops'
            AND o.opcintype OPERATOR(pg_catalog.=) CASE
                WHEN a.atttypid OPERATOR(pg_catalog.=) 'pg_catalog.varchar'::pg_catalog.regtype::pg_catalog.oid
                    THEN 'pg_catalog.text'::pg_catalog.regtype::pg_catalog.oid
                ELSE a.atttypid
            END
    ), ''),
    COALESCE(pg_catalog.col_description(leaf.oid, a.attnum), ''),
    COALESCE(x.indexrelid, 0),
    COALESCE(i.relname::pg_catalog.text, ''),
    COALESCE(am.amname::pg_catalog.text, ''),
    COALESCE(x.indisvalid, false),
    COALESCE(pg_catalog.obj_description(x.indexrelid, 'pg_class'), ''),
    COALESCE(i.relfilenode, 0),
    COALESCE((
        SELECT pg_catalog.split_part(option, '=', 2)::bigint
        FROM pg_catalog.unnest(i.reloptions) AS option
        WHERE pg_catalog.starts_with(option, 'pages_per_range=')
    ), 128),
    COALESCE(
        CASE
            WHEN leaf.busy THEN i.relpages::bigint OPERATOR(pg_catalog.*) pg_catalog.current_setting('block_size')::bigint
            ELSE pg_catalog.pg_relation_size(x.indexrelid)
        END,
        0
    ),
    pg_catalog.clock_timestamp()
FROM leaf
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) leaf.oid
    AND a.attnum OPERATOR(pg_catalog.>) 0
    AND NOT a.attisdropped
    AND (
        a.attname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[])
        OR pg_catalog.strpos(pg_catalog.col_description(leaf.oid, a.attnum), $3::pg_catalog.text) OPERATOR(pg_catalog.>) 0
    )
LEFT JOIN pg_catalog.pg_index x ON x.indrelid OPERATOR(pg_catalog.=) leaf.oid
    AND x.indkey[0] OPERATOR(pg_catalog.=) a.attnum
    AND x.indpred IS NULL
LEFT JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) x.indexrelid
LEFT JOIN pg_catalog.pg_am am ON am.oid OPERATOR(pg_catalog.=) i.relam
ORDER BY leaf.oid, a.attnum, x.indexrelid;
