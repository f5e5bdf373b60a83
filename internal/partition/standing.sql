-- Lists the partitions $2 whose table, $3 or the one with the oid $4, exists and is not $1.
SELECT part.name
FROM ROWS FROM (
    pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.oid[])
) AS part (name, of, oid)
WHERE EXISTS (
    SELECT
    FROM pg_catalog.pg_class c
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY[part.oid, pg_catalog.to_regclass(part.of)::pg_catalog.oid])
        AND c.oid OPERATOR(pg_catalog.<>) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
        AND c.relkind OPERATOR(pg_catalog.=) 'p'
);
