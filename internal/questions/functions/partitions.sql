-- Bounds come from the catalogue, as in internal/partition/partitions.sql. Between the
-- partitions there are only lines of a DEFAULT partition. A table whose partitions are not
-- ranges of created_at alone, or that has none, is one piece.
{{.Create}} FUNCTION {{.Function "partitions"}}() RETURNS TABLE (
    since timestamptz,
    until timestamptz,
    partition text,
    indexed text[]
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE lines AS (
        SELECT c.oid, coalesce(pg_catalog.pg_get_partkeydef(c.oid) = 'RANGE (created_at)' AND a.atttypid = 'timestamptz'::regtype, false) AS by_time
        FROM pg_catalog.pg_class AS c
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'created_at'
        WHERE c.oid = pg_catalog.to_regclass({{literal .Table.String}})
    ),
    child AS (
        SELECT i.inhrelid AS oid, pg_catalog.pg_get_expr(c.relpartbound, 0) AS bound
        FROM lines
        JOIN pg_catalog.pg_inherits AS i ON i.inhparent = lines.oid AND lines.by_time AND NOT i.inhdetachpending
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    ),
    ranged AS (
        SELECT
            child.oid,
            (CASE bounds[1] WHEN 'MINVALUE' THEN '-infinity' ELSE pg_catalog.btrim(bounds[1], '''') END)::timestamptz AS since,
            (CASE bounds[2] WHEN 'MAXVALUE' THEN 'infinity' ELSE pg_catalog.btrim(bounds[2], '''') END)::timestamptz AS until
        FROM child
        CROSS JOIN LATERAL pg_catalog.regexp_match(
            child.bound, '^FOR VALUES FROM \((MINVALUE|''[^'']*'')\) TO \((MAXVALUE|''[^'']*'')\)$'
        ) AS bounds
        WHERE bounds IS NOT NULL
    ),
    piece AS (
        SELECT cut.at AS since, pg_catalog.lead(cut.at) OVER (ORDER BY cut.at) AS until
        FROM (
            SELECT ranged.since FROM ranged
            UNION SELECT ranged.until FROM ranged
            UNION SELECT '-infinity'::timestamptz
            UNION SELECT 'infinity'::timestamptz
        ) AS cut (at)
    ),
    placed AS (
        SELECT piece.since, piece.until, coalesce(
            ranged.oid,
            (SELECT child.oid FROM child WHERE child.bound = 'DEFAULT'),
            (SELECT lines.oid FROM lines WHERE NOT lines.by_time)
        ) AS oid
        FROM piece
        LEFT JOIN ranged ON ranged.since = piece.since AND ranged.until = piece.until
        WHERE piece.until IS NOT NULL
    ),
    tree AS (
        SELECT DISTINCT placed.oid AS root, placed.oid FROM placed
        UNION ALL
        SELECT tree.root, i.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.oid
    ),
    leaf AS (
        SELECT tree.root, tree.oid, pg_catalog.count(*) OVER (PARTITION BY tree.root) AS leaves
        FROM tree
        JOIN pg_catalog.pg_class AS c ON c.oid = tree.oid AND c.relkind <> 'p'
    ),
    served AS (
        SELECT leaf.root, a.attname::text AS name
        FROM leaf
        JOIN pg_catalog.pg_index AS x ON x.indrelid = leaf.oid AND x.indisvalid AND x.indpred IS NULL
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = leaf.oid AND a.attnum = x.indkey[0]
        JOIN pg_catalog.pg_opclass AS o ON o.oid = x.indclass[0]
        JOIN pg_catalog.pg_am AS am ON am.oid = o.opcmethod
        WHERE am.amname IN ('btree', 'hash') OR am.amname = 'brin' AND o.opcname LIKE '%\_bloom\_ops'
        GROUP BY leaf.root, a.attname, leaf.leaves
        HAVING pg_catalog.count(DISTINCT leaf.oid) = leaf.leaves
    )
    SELECT
        placed.since,
        placed.until,
        placed.oid::regclass::text,
        ARRAY(SELECT served.name FROM served WHERE served.root = placed.oid ORDER BY served.name)
    FROM placed
    WHERE placed.oid IS NOT NULL
    ORDER BY placed.since DESC;
END;
COMMENT ON FUNCTION {{.Function "partitions"}} IS
'Which partitions are there, and by which columns do indexes find lines in them? The latest first.{{.Mark}}';
