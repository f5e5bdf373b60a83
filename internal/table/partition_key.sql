-- The columns by which the table is partitioned, and whether an expression is among them;
-- no row for a table that is not.
SELECT
    COALESCE((
        SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position)
        FROM pg_catalog.unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (attnum, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum
    ), '{}'),
    p.partexprs IS NOT NULL
FROM pg_catalog.pg_partitioned_table p
WHERE p.partrelid = pg_catalog.to_regclass($1)::oid;
