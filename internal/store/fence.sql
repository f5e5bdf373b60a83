-- Follows copy.sql where lines are new, most of them of the hour that has not ended. History
-- holds no hour from the fence on, and does not move the fence past the hour {{.Hour}} of the first
-- line before this COPY has ended. If it has been moved already, or a table without history has
-- got one, a cast fails, as in unchanged.sql, and the hours have to be marked. Only the lines of the
-- first instant ask.
    AND CASE WHEN created_at OPERATOR(pg_catalog.>) {{literal .First}}::pg_catalog.timestamptz THEN true
        {{- if .Fenced}}
        WHEN pg_catalog.pg_sequence_last_value({{literal .Table.Fence.String}}::pg_catalog.regclass) OPERATOR(pg_catalog.<=) {{.Hour}}::bigint THEN true
        {{- else}}
        WHEN pg_catalog.to_regclass({{literal .Table.Fence.String}}) IS NULL THEN true
        {{- end}}
        ELSE '"before the fence of history"'::pg_catalog.text::pg_catalog.regclass IS NULL END
