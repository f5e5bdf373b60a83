-- Finds the staged lines that are not stored: refused ones, and those that a trigger discarded. $1
-- and $2 bound created_at, as in compare.sql.
SELECT DISTINCT keys.id
FROM {{.Staging}} AS keys
LEFT JOIN LATERAL (
    SELECT true AS stored
    FROM {{.Table}} AS stored
    WHERE stored.created_at OPERATOR(pg_catalog.>=) $1 AND stored.created_at OPERATOR(pg_catalog.<=) $2
        AND stored.created_at OPERATOR(pg_catalog.=) keys.created_at
        AND stored.id OPERATOR(pg_catalog.=) keys.id
    OFFSET 0
) AS found ON true
WHERE found.stored IS NULL;
