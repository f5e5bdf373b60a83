{{- /* 0, 1, 2 to 3, 4 to 7: counts of one size. The sum keeps a power of two from falling below itself. */ -}}
{{- define "band" -}}
CASE WHEN {{.}} < 2 THEN trunc({{.}})::text
                        ELSE 2 ^ floor(ln({{.}}) / ln(2) + 1e-9) || ' to ' || 2 ^ (floor(ln({{.}}) / ln(2) + 1e-9) + 1) - 1 END
{{- end -}}
{{- /* Wilson's confidence interval of a share p of n lines, z2 being the square of z. */ -}}
{{- define "interval of" -}}
(
                SELECT
                    (p + z2 / (2 * n)) / (1 + z2 / n) AS center,
                    sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n) AS reach
                FROM (VALUES ({{.}})) AS share (p, n)
            )
{{- end -}}
-- A value counts as different if the confidence intervals of its two shares lie apart. They
-- hold for all values together: 0.05 is divided by the number of values (Bonferroni).
-- exp(-z * z / 2) / 2 bounds the tail of the normal distribution beyond z, which gives z.
--
-- The columns are the table's own, so the query is made when the question is asked. The
-- search_path keeps others' functions and operators out of it.
{{.Create}} FUNCTION {{.Function "differences"}}(
    {{template "parameters"}},
    slower_than interval DEFAULT NULL,
    faster_than interval DEFAULT NULL,
    status text DEFAULT NULL,
    error text DEFAULT NULL,
    selected_route text DEFAULT NULL,
    selected_from timestamptz DEFAULT NULL,
    selected_until timestamptz DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    field text,
    value text,
    percent_selected numeric,
    percent_others numeric,
    lines_selected bigint,
    lines_others bigint,
    score numeric,
    note text
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET jit = off
AS $answer$
DECLARE
    -- So many lines of either kind are enough to tell shares apart.
    enough_selected CONSTANT double precision := 10000;
    enough_others CONSTANT double precision := 20000;
    lines CONSTANT regclass := {{literal .Table.String}};
    known CONSTANT name[] := ARRAY(
        SELECT attname FROM pg_attribute
        WHERE attrelid = lines AND attnum > 0 AND NOT attisdropped AND has_column_privilege(attrelid, attnum, 'SELECT')
    );
    can_sample CONSTANT boolean := (SELECT relkind IN ('r', 'p', 'm') FROM pg_class WHERE oid = lines);
    found CONSTANT text := {{template "conditions"}};
    -- Each line has values of its own here.
    apart name[] := '{id, created_at, updated_at, duration, adjusted_count, request_id, trace_id, span_id, idempotency_key}';
    fields text;
    selected text;
    counted bigint;
    by_pages boolean := false;
    selected_percent double precision := 100;
    others_percent double precision := 100;
BEGIN
    IF can_sample THEN
        {{template "number of lines" .}}
        others_percent := least(100, 100 * enough_others / greatest(counted, 1));
    END IF;
    IF num_nonnulls(slower_than, faster_than, status, error, selected_route, selected_from, selected_until) = 0 THEN
        {{if .Distributed}}{{template "slower than on nodes"}}{{else -}}
        EXECUTE format('SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY duration) FROM {{template "count"}}',
            lines, {{template "pages of" "others_percent"}}, {{template "lines of" "others_percent"}}) INTO slower_than;
        {{- end}}
        IF slower_than IS NULL THEN
            RETURN;
        END IF;
    END IF;
    selected := concat_ws(' AND ',
        'duration >= ' || quote_literal(slower_than),
        'duration < ' || quote_literal(faster_than),
        'status::text LIKE ' || quote_literal(replace(lower(status), 'x', '_')),
        'api_error_code = ' || quote_literal(error),
        'http_route = ' || quote_literal(selected_route),
        'created_at > ' || quote_literal(selected_from),
        'created_at <= ' || quote_literal(selected_until)
    );
    IF others_percent < 100 THEN
        EXECUTE format('SELECT count(*) FROM {{template "count"}}',
            lines, {{template "pages of" "others_percent"}}, {{template "lines of" "others_percent"}} || ' AND ' || selected) INTO counted;
        selected_percent := least(100, others_percent * enough_selected / greatest(counted, 1));
    END IF;
    -- What the lines were selected by is no difference.
    IF num_nonnulls(status, error) > 0 THEN
        apart := apart || ARRAY(SELECT attname FROM unnest(known) AS attname WHERE attname = 'status' OR starts_with(attname, 'api_error_'));
    END IF;
    IF selected_route IS NOT NULL THEN
        apart := apart || '{http_route, http_path, http_path_original}'::name[];
    END IF;
    fields := (
        SELECT {{if .Distributed}}{{template "fields on nodes"}}{{else}}string_agg(format('(%L, left(line.%I::text, 200))', attname, attname), ', '){{end}}
        FROM pg_attribute
        JOIN pg_type ON pg_type.oid = atttypid
        WHERE attrelid = lines AND attname = ANY (known) AND attname <> ALL (apart)
            AND typcategory NOT IN ('D', 'T') AND typname NOT IN ('json', 'jsonb', 'bytea', 'xml')
    );

    RETURN QUERY EXECUTE format($query$
        WITH {{if .Distributed}}{{template "shares on nodes" .}},
        {{else}}share AS (
            SELECT
                field,
                value,
                count(*) FILTER (WHERE "is selected") AS n,
                count(*) FILTER (WHERE NOT "is selected") AS others_n,
                coalesce(sum("its weight") FILTER (WHERE "is selected"), 0) AS weight,
                coalesce(sum("its weight") FILTER (WHERE NOT "is selected"), 0) AS others_weight,
                sum("its weight" ^ 2) FILTER (WHERE "is selected") AS squares,
                sum("its weight" ^ 2) FILTER (WHERE NOT "is selected") AS others_squares
            FROM {{template "absent"}}
            CROSS JOIN LATERAL (
                SELECT true AS "is selected", coalesce(adjusted_count, 1)::double precision AS "its weight", statistics::jsonb AS "its statistics", *
                FROM %1$s%2$s
                WHERE %4$s AND %6$s
                UNION ALL
                SELECT false, coalesce(adjusted_count, 1)::double precision, statistics::jsonb, *
                FROM %1$s%3$s
                WHERE %5$s AND (%6$s) IS NOT TRUE
            ) AS line
            CROSS JOIN LATERAL (
                VALUES (NULL, NULL), %7$s
                UNION ALL
                SELECT
                    'statistics.' || key,
                    CASE jsonb_typeof(number) WHEN 'number' THEN {{template "band" "(number::double precision)"}} ELSE left(number #>> '{}', 200) END
                FROM jsonb_each(CASE jsonb_typeof("its statistics") WHEN 'object' THEN "its statistics" END) AS statistic (key, number)
                WHERE key NOT LIKE '%%duration' AND key <> 'spans' AND jsonb_typeof(number) IN ('number', 'string', 'boolean')
            ) AS field (field, value)
            GROUP BY field, value
        ),
        {{end}}compared AS (
            SELECT
                share.*,
                least(1, share.weight / total.weight) AS p,
                least(1, share.others_weight / total.others_weight) AS others_p,
                -- So many lines of equal weight say as much.
                total.weight ^ 2 / total.squares AS size,
                total.others_weight ^ 2 / total.others_squares AS others_size,
                2 * ln(count(*) OVER () / 0.05)::double precision AS z2,
                count(*) OVER of_field AS values,
                sum(share.n + share.others_n) OVER of_field AS lines
            FROM share
            JOIN share AS total ON total.field IS NULL AND total.weight > 0 AND total.others_weight > 0
            WHERE share.field IS NOT NULL
            WINDOW of_field AS (PARTITION BY share.field)
        ),
        listed AS (
            SELECT *, round((100 * (abs(mine.center - theirs.center) - mine.reach - theirs.reach))::numeric, 2) AS score
            FROM compared
            CROSS JOIN LATERAL {{template "interval of" "p, size"}} AS mine
            CROSS JOIN LATERAL {{template "interval of" "others_p, others_size"}} AS theirs
            WHERE abs(mine.center - theirs.center) > mine.reach + theirs.reach
            ORDER BY score DESC, p > others_p DESC, field, value
            LIMIT %8$L
        )
        (
            SELECT field, value, {{template "digits" "100 * p"}}, {{template "digits" "100 * others_p"}}, n, others_n, score, %9$L
            FROM listed
            ORDER BY score DESC, p > others_p DESC, field, value
        )
        UNION ALL
        (
            SELECT DISTINCT field, NULL, NULL::numeric, NULL::numeric, NULL::bigint, NULL::bigint, NULL::numeric,
                concat_ws('; ', values || ' values in ' || lines || ' lines', %9$L)
            FROM compared
            WHERE values > lines / 2 AND field NOT IN (SELECT field FROM listed)
            ORDER BY field
        )
    $query$,
        lines, {{template "pages of" "selected_percent"}}, {{template "pages of" "others_percent"}},
        {{template "lines of" "selected_percent"}}, {{template "lines of" "others_percent"}}, selected, fields, top,
        CASE WHEN others_percent < 100 THEN
            format('sampled: %s%% of the %s for the selected lines, %s%% for the others',
                round(selected_percent::numeric, 2), CASE WHEN by_pages THEN 'pages' ELSE 'lines' END, round(others_percent::numeric, 2))
        END);
END
$answer$;
COMMENT ON FUNCTION {{.Function "differences"}} IS
'What is different about the slow ones? The selected lines of a window against its others: each value of a column, or of a statistic that is no duration, whose share differs by more than chance explains, the largest difference first. Selected are the slowest 5 percent, or else the lines slower_than, faster_than, with a status (404, 5xx), an error code, of a route, or of a part of the window. score is by how many percentage points the shares differ at least. Where values are nearly as many as lines, a note says how many.{{.Mark}}';
