-- The unique indexes of the table that hold for every row: neither partial nor on an
-- expression, and valid. For each its oid, its name, which is in the table's schema, its columns
-- without those that INCLUDE adds, and whether it is checked at once.
SELECT i.indexrelid, c.relname::pg_catalog.text, pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position), i.indimmediate
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum OPERATOR(pg_catalog.=) k.attnum
WHERE i.indrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
    AND i.indisunique
    AND i.indisvalid
    AND i.indpred IS NULL
    AND i.indexprs IS NULL
    AND k.position OPERATOR(pg_catalog.<=) i.indnkeyatts
GROUP BY i.indexrelid, c.relname, i.indimmediate
ORDER BY i.indexrelid;
