-- Finds the staged lines that are not stored: refused ones, and those that a trigger discarded. $1
-- and $2 bound created_at, as in compare.sql.
{{if .Distributed -}}
WITH found AS MATERIALIZED (
    SELECT keys.created_at, keys.id
    FROM {{.Staging}} AS keys
    JOIN {{.Table}} AS stored
        ON stored.created_at OPERATOR(pg_catalog.=) keys.created_at
        AND stored.id OPERATOR(pg_catalog.=) keys.id
    WHERE stored.created_at OPERATOR(pg_catalog.>=) $1 AND stored.created_at OPERATOR(pg_catalog.<=) $2
)
SELECT DISTINCT keys.id
FROM {{.Staging}} AS keys
LEFT JOIN found ON found.created_at OPERATOR(pg_catalog.=) keys.created_at AND found.id OPERATOR(pg_catalog.=) keys.id
WHERE found.id IS NULL;
{{- else -}}
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
{{- end}}
