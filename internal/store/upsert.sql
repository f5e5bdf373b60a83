-- Moves the staged lines of the ids $3 into the table. $1 and $2 bound created_at, as in
-- compare.sql.
--
-- ON CONFLICT refuses to touch a row twice in one statement (21000). If a line is staged
-- twice, DISTINCT ON keeps the richest version. Key order makes two writers of the same
-- lines queue up instead of deadlocking.
{{define "richest" -}}
(
    SELECT DISTINCT ON (created_at, id) {{identifiers .Staged}}
    FROM {{.Staging}} AS staged
    WHERE created_at OPERATOR(pg_catalog.>=) $1 AND created_at OPERATOR(pg_catalog.<=) $2
    ORDER BY created_at, id{{if .ByStatistics}}, {{template "by counts" "staged"}}{{end}}
)
{{- end -}}
{{if .Key.Arbiter -}}
INSERT INTO {{.Table}} AS stored ({{identifiers .Staged}})
SELECT {{identifiers .Staged}}
FROM {{template "richest" .}} AS richest
WHERE id OPERATOR(pg_catalog.=) ANY ($3)
ORDER BY created_at, id
ON CONFLICT ({{identifiers .Key.Columns}})
{{- if .Merged}} DO UPDATE {{template "set" .}}
-- Another writer may have changed the line since it was compared.
WHERE {{template "changes" .}}
{{- else}} DO NOTHING
{{- end}};
{{- else -}}
-- ON CONFLICT takes no deferrable key, and one with more columns finds no line that
-- differs in those.
WITH {{if .Merged}}changed AS (
    UPDATE {{.Table}} AS stored {{template "set" .}}
    FROM {{template "richest" .}} AS EXCLUDED
    WHERE EXCLUDED.id OPERATOR(pg_catalog.=) ANY ($3)
        AND stored.created_at OPERATOR(pg_catalog.>=) $1 AND stored.created_at OPERATOR(pg_catalog.<=) $2
        AND stored.created_at OPERATOR(pg_catalog.=) EXCLUDED.created_at
        AND stored.id OPERATOR(pg_catalog.=) EXCLUDED.id
        AND {{template "changes" .}}
    RETURNING 1
),
{{end}}added AS (
    INSERT INTO {{.Table}} ({{identifiers .Names}})
    SELECT {{identifiers .Names}}
    FROM {{template "richest" .}} AS richest
    WHERE id OPERATOR(pg_catalog.=) ANY ($3)
        AND NOT EXISTS (
            SELECT FROM {{.Table}} AS stored
            WHERE stored.created_at OPERATOR(pg_catalog.>=) $1 AND stored.created_at OPERATOR(pg_catalog.<=) $2
                AND stored.created_at OPERATOR(pg_catalog.=) richest.created_at
                AND stored.id OPERATOR(pg_catalog.=) richest.id
        )
    ORDER BY created_at, id
    RETURNING 1
)
SELECT FROM added{{if .Merged}} UNION ALL SELECT FROM changed{{end}};
{{- end}}
