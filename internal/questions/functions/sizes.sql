-- Sizes and counts come from the catalogue and the statistics, so that no line is read.
{{.Create}} FUNCTION {{.Function "sizes"}}() RETURNS TABLE (
    since timestamptz,
    until timestamptz,
    partition text,
    bytes bigint,
    lines_estimated bigint,
    inserted bigint,
    updated bigint,
    indexed text[]
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        min_since,
        max_until,
        partition,
        part.bytes::bigint,
        part.lines::bigint,
        part.inserted::bigint,
        part.updated::bigint,
        indexed
    FROM (
        SELECT partition, pg_catalog.min(since) AS min_since, pg_catalog.max(until) AS max_until, indexed
        FROM {{.Function "partitions"}}()
        GROUP BY partition, indexed
    ) AS placed
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)) AS bytes,
            pg_catalog.sum(greatest(c.reltuples, 0)::double precision) AS lines,
            pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid)) AS inserted,
            pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(c.oid)) AS updated
        FROM (
            WITH RECURSIVE tree AS (
                SELECT pg_catalog.to_regclass(placed.partition)::oid AS oid
                UNION ALL
                SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.oid
            )
            SELECT oid FROM tree
        ) AS member
        JOIN pg_catalog.pg_class AS c ON c.oid = member.oid
    ) AS part
    ORDER BY min_since DESC;
END;
COMMENT ON FUNCTION {{.Function "sizes"}} IS
'How large is each partition? With the lines that Postgres estimates, and those that were inserted and updated since its statistics began; the latest first.{{.Mark}}';
