-- Counts the staged lines, and those of them that are already stored, and returns the ids of
-- those that would change what is stored. ON CONFLICT would lock the others, too, which writes
-- to the log; and xmax would tell inserted from updated rows, but a partitioned table does not
-- return it.
--
-- $1 and $2 bound created_at, so that the planner looks at the few partitions between them.
-- It has no statistics of a table filled in the same transaction, and would scan whole
-- partitions to find a few lines. OFFSET 0 makes it look up each key on its own, in the one
-- partition that can hold it.
{{- if .Distributed}}
--
-- Citus sends the staged lines to its nodes, and pushes down neither LATERAL nor an outer join with
-- them. check.sql follows, and says whether the table is as it was when it was read.
WITH known AS MATERIALIZED (
    SELECT EXCLUDED.created_at, EXCLUDED.id, {{if .Merged}}{{template "changes" .}}{{else}}false{{end}} AS changes
    FROM {{template "richest" .}} AS EXCLUDED
    JOIN {{.Table}} AS stored
        ON stored.created_at OPERATOR(pg_catalog.=) EXCLUDED.created_at
        AND stored.id OPERATOR(pg_catalog.=) EXCLUDED.id
    WHERE stored.created_at OPERATOR(pg_catalog.>=) $1 AND stored.created_at OPERATOR(pg_catalog.<=) $2
)
SELECT
    pg_catalog.count(*),
    pg_catalog.count(known.id),
    pg_catalog.array_agg(EXCLUDED.id) FILTER (WHERE known.id IS NULL OR known.changes)
FROM {{template "richest" .}} AS EXCLUDED
LEFT JOIN known ON known.created_at OPERATOR(pg_catalog.=) EXCLUDED.created_at AND known.id OPERATOR(pg_catalog.=) EXCLUDED.id;
{{- else}}
SELECT
    pg_catalog.count(*),
    pg_catalog.count(stored.id),
    pg_catalog.array_agg(EXCLUDED.id) FILTER (WHERE stored.id IS NULL{{if .Merged}} OR {{template "changes" .}}{{end}})
FROM {{template "richest" .}} AS EXCLUDED
LEFT JOIN LATERAL (
    SELECT {{identifiers .Names}}
    FROM {{.Table}} AS stored
    WHERE {{template "unchanged" .}}
        AND stored.created_at OPERATOR(pg_catalog.>=) $1 AND stored.created_at OPERATOR(pg_catalog.<=) $2
        AND stored.created_at OPERATOR(pg_catalog.=) EXCLUDED.created_at
        AND stored.id OPERATOR(pg_catalog.=) EXCLUDED.id
    OFFSET 0
) AS stored ON true;
{{- end}}
