-- Counts the staged lines, and those of them that are already stored. $1 and $2 bound
-- created_at, as in upsert.sql.
WITH keys AS (
    SELECT DISTINCT created_at, id
    FROM {{.Staging}}
)
SELECT pg_catalog.count(*), pg_catalog.count(found.stored)
FROM keys
LEFT JOIN LATERAL (
    SELECT true AS stored
    FROM {{.Table}} AS stored
    WHERE stored.created_at BETWEEN $1 AND $2
        AND stored.created_at = keys.created_at
        AND stored.id = keys.id
    OFFSET 0
) AS found ON true;
