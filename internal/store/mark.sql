-- Lines whose spans came too late to make them anew: all that is left to say is that they
-- are incomplete. $1 and $2 are their keys, $3 and $4 bound created_at, as in compare.sql. One
-- that says so already writes no tuple. unnest of several arrays is syntax, which no schema
-- can replace.
UPDATE {{.Table}} AS stored
SET statistics = COALESCE(stored.statistics, '{}') OPERATOR(pg_catalog.||) '{"incomplete": true}'
    {{- if .UpdatedAt}},
    updated_at = current_timestamp
    {{- end}}
FROM unnest($1::pg_catalog.timestamptz[], $2::pg_catalog.uuid[]) AS marked (created_at, id)
WHERE stored.created_at OPERATOR(pg_catalog.>=) $3 AND stored.created_at OPERATOR(pg_catalog.<=) $4
    AND stored.created_at OPERATOR(pg_catalog.=) marked.created_at
    AND stored.id OPERATOR(pg_catalog.=) marked.id
    AND NOT COALESCE(stored.statistics, '{}') OPERATOR(pg_catalog.@>) '{"incomplete": true}';
