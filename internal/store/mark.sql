-- Lines whose spans came too late to make them anew: all that is left to say is that they
-- are incomplete. $1 and $2 are their keys, $3 and $4 bound created_at, as in compare.sql. One
-- that says so already writes no tuple. unnest of several arrays is syntax, which no schema
-- can replace.
UPDATE {{.Table}} AS stored
SET statistics = COALESCE(stored.statistics, '{}') || '{"incomplete": true}'
    {{- if .UpdatedAt}},
    updated_at = current_timestamp
    {{- end}}
FROM unnest($1::timestamptz[], $2::uuid[]) AS marked (created_at, id)
WHERE stored.created_at BETWEEN $3 AND $4
    AND stored.created_at = marked.created_at
    AND stored.id = marked.id
    AND NOT COALESCE(stored.statistics, '{}') @> '{"incomplete": true}';
