-- Bounds come from the catalogue, never from names: pg_get_expr renders
-- "FOR VALUES FROM ('2023-05-12 00:00:00+00') TO ('2023-05-13 00:00:00+00')" in
-- the session's time zone, and the casts read them back in the same one.
-- MINVALUE and MAXVALUE become infinities; a DEFAULT partition has no bounds.
SELECT
    CASE WHEN lower_bound = 'MINVALUE' THEN '-infinity' ELSE trim(lower_bound, '''')::timestamptz END,
    CASE WHEN upper_bound = 'MAXVALUE' THEN 'infinity' ELSE trim(upper_bound, '''')::timestamptz END
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
CROSS JOIN LATERAL regexp_match(
    pg_get_expr(c.relpartbound, c.oid),
    'FROM \((.*)\) TO \((.*)\)'
) AS bounds
CROSS JOIN LATERAL (SELECT bounds[1], bounds[2]) AS bound (lower_bound, upper_bound)
WHERE i.inhparent = to_regclass($1)
    AND bounds IS NOT NULL;
