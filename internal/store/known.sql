-- Counts the staged lines, and those of them that are already stored.
WITH keys AS (
    SELECT DISTINCT created_at, id
    FROM {{.Staging}}
)
SELECT count(*), count(found.stored)
FROM keys
LEFT JOIN LATERAL (
    SELECT true AS stored
    FROM {{.Table}} AS stored
    WHERE stored.created_at = keys.created_at
        AND stored.id = keys.id
    OFFSET 0
) AS found ON true;
