-- The columns by which the table is partitioned, and whether an expression is among them;
-- no row for a table that is not.
SELECT
    COALESCE((
        SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
        FROM pg_catalog.unnest(p.partattrs::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) p.partrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum
    ), '{}'),
    p.partexprs IS NOT NULL
FROM pg_catalog.pg_partitioned_table p
WHERE p.partrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid;
