-- Lists the partitions of $1, and the tables in its schema whose comment starts with $2:
-- they may have been its partitions. $3 says whether to read sizes.
--
-- Bounds come from the catalogue, never from names. pg_get_expr renders
-- "FOR VALUES FROM ('2023-05-12 00:00:00+00') TO ('2023-05-13 00:00:00+00')" in the
-- session's time zone, and the casts read it in the same zone. MINVALUE and MAXVALUE
-- become infinities. A DEFAULT partition has no bounds.
--
-- The query locks no table. A table that is dropped meanwhile has no size.
WITH parent AS (
    SELECT oid, relnamespace
    FROM pg_catalog.pg_class
    WHERE oid = pg_catalog.to_regclass($1::text)::oid
),
part AS (
    SELECT i.inhrelid AS oid, true AS attached, i.inhdetachpending AS pending
    FROM pg_catalog.pg_inherits i
    JOIN parent ON parent.oid = i.inhparent
    UNION ALL
    SELECT c.oid, false, false
    FROM pg_catalog.pg_class c
    JOIN parent ON parent.relnamespace = c.relnamespace
    WHERE c.relkind = 'r'
        AND NOT c.relispartition
        AND pg_catalog.starts_with(pg_catalog.obj_description(c.oid, 'pg_class'), $2::text)
)
SELECT
    c.oid,
    n.nspname::text,
    c.relname::text,
    part.attached,
    part.pending,
    COALESCE(bound.expression = 'DEFAULT', false),
    CASE WHEN bounds[1] = 'MINVALUE' THEN '-infinity' ELSE trim(bounds[1], '''')::timestamptz END,
    CASE WHEN bounds[2] = 'MAXVALUE' THEN 'infinity' ELSE trim(bounds[2], '''')::timestamptz END,
    COALESCE(pg_catalog.obj_description(c.oid, 'pg_class'), ''),
    CASE WHEN $3::boolean THEN COALESCE(pg_catalog.pg_total_relation_size(c.oid), 0) ELSE 0 END
FROM part
JOIN pg_catalog.pg_class c ON c.oid = part.oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS expression) AS bound
LEFT JOIN LATERAL pg_catalog.regexp_match(bound.expression, 'FROM [(](.*)[)] TO [(](.*)[)]') AS bounds ON true;
