-- Lists the partitions $2 whose table, $3 or the one with the oid $4, exists and is not $1.
SELECT part.name
FROM ROWS FROM (
    pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::oid[])
) AS part (name, of, oid)
WHERE EXISTS (
    SELECT
    FROM pg_catalog.pg_class c
    WHERE c.oid IN (part.oid, pg_catalog.to_regclass(part.of)::oid)
        AND c.oid <> pg_catalog.to_regclass($1::text)::oid
        AND c.relkind = 'p'
);
