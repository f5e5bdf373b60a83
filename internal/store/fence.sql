-- Follows copy.sql where lines are new, most of them of the hour that has not ended; $first and $hour
-- stand for the time of the first line and its hour. History holds no hour from the fence on, and does
-- not move the fence before this COPY has ended. If it has been moved past the hour already, or a
-- table without history has got one, a cast fails, as in unchanged.sql, and the hours have to be
-- marked. Only the lines of the first instant ask.
    AND CASE WHEN created_at OPERATOR(pg_catalog.>) '$first'::pg_catalog.timestamptz THEN true
        {{- if .Fenced}}
        WHEN $hour::bigint OPERATOR(pg_catalog.>=) {{.Table.Fence}}() THEN true
        {{- else}}
        WHEN pg_catalog.to_regclass({{literal .Table.Fence.String}}) IS NULL THEN true
        {{- end}}
        ELSE '"before the fence of history"'::pg_catalog.text::pg_catalog.regclass IS NULL END
