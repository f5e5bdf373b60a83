-- Marks the hours of the staged lines with the ids $1, all if NULL, that history may hold. The
-- transaction has written lines, so history does not move its fence past what this sees before it
-- ends. Where the table has got a history since it was read, a cast fails, as in check.sql.
{{if .Fenced -}}
INSERT INTO {{.Table.Marks}} (at)
SELECT DISTINCT pg_catalog.date_bin('1 hour', created_at, 'epoch')
FROM {{.Staging}}
WHERE ($1::pg_catalog.uuid[] IS NULL OR id OPERATOR(pg_catalog.=) ANY ($1))
    AND pg_catalog.date_part('epoch', created_at) OPERATOR(pg_catalog.<)
        COALESCE(pg_catalog.pg_sequence_last_value({{literal .Table.Fence.String}}::pg_catalog.regclass) OPERATOR(pg_catalog.*) 3600::bigint, 9999999999999)::double precision;
{{- else -}}
SELECT CASE WHEN $1::pg_catalog.uuid[] IS NULL OR true
    THEN CASE WHEN pg_catalog.to_regclass({{literal .Table.Fence.String}}) IS NULL
        THEN NULL ELSE '"without history"'::pg_catalog.text::pg_catalog.regclass END END;
{{- end}}
