{{- /* Templates for lines that Citus keeps on its nodes. */ -}}
{{- /* The lines that differences looks at, and which of them are selected. */ -}}
{{- define "selected on nodes" -}}
{{template "absent"}}
                CROSS JOIN LATERAL (
                    SELECT (%6$s) IS TRUE AS "is selected", coalesce(adjusted_count, 1)::double precision AS "its weight", statistics::jsonb AS "its statistics", *
                    FROM %1$s%2$s%3$s
                    WHERE ((%6$s) IS TRUE AND %4$s) OR ((%6$s) IS NOT TRUE AND %5$s)
                ) AS line
{{- end -}}
{{- /* The names of columns and their values, as two arrays: Citus pushes no VALUES down that depend on a setting. */ -}}
{{- define "fields on nodes" -}}
format('ARRAY[NULL, %s], ARRAY[NULL, %s]', string_agg(quote_literal(attname), ', '), string_agg(format('left(line.%I::text, 200)', attname), ', '))
{{- end -}}
{{- /* The values of differences, which each node counts: Citus pushes no UNION down that is beside a line. */ -}}
{{- define "shares on nodes" -}}
share AS (
            SELECT
                field,
                value,
                coalesce(sum(lines) FILTER (WHERE selected), 0)::bigint AS n,
                coalesce(sum(lines) FILTER (WHERE NOT selected), 0)::bigint AS others_n,
                coalesce(sum(weights) FILTER (WHERE selected), 0) AS weight,
                coalesce(sum(weights) FILTER (WHERE NOT selected), 0) AS others_weight,
                sum(their_squares) FILTER (WHERE selected) AS squares,
                sum(their_squares) FILTER (WHERE NOT selected) AS others_squares
            FROM (
                SELECT field, value, "is selected" AS selected, count(*) AS lines, sum("its weight") AS weights, sum("its weight" ^ 2) AS their_squares
                FROM {{template "selected on nodes" .}}
                CROSS JOIN LATERAL unnest(%7$s) AS field (field, value)
                GROUP BY 1, 2, 3
                UNION ALL
                SELECT
                    'statistics.' || key,
                    CASE jsonb_typeof(number) WHEN 'number' THEN {{template "band" "(number::double precision)"}} ELSE left(number #>> '{}', 200) END,
                    "is selected", count(*), sum("its weight"), sum("its weight" ^ 2)
                FROM {{template "selected on nodes" .}}
                CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof("its statistics") WHEN 'object' THEN "its statistics" END) AS statistic (key, number)
                WHERE key NOT LIKE '%%duration' AND key <> 'spans' AND jsonb_typeof(number) IN ('number', 'string', 'boolean')
                GROUP BY 1, 2, 3
            ) AS parts
            GROUP BY field, value
        )
{{- end -}}
{{- /* Sets slower_than to the 95th percentile: the range of microseconds that holds it is narrowed to a
    thousandth by counts, again and again. */ -}}
{{- define "slower than on nodes" -}}
DECLARE
            below bigint := 0;
            lowest bigint;
            highest bigint;
            size bigint;
            part bigint;
            before bigint;
        BEGIN
            EXECUTE format('SELECT count(*), min({{template "microseconds"}}), max({{template "microseconds"}}) FROM {{template "count"}}', lines, '', found)
                INTO counted, lowest, highest;
            WHILE lowest < highest LOOP
                size := (highest - lowest) / 1000 + 1;
                EXECUTE format($query$
                    SELECT part, before
                    FROM (
                        SELECT part, sum(n) OVER (ORDER BY part) AS upto, sum(n) OVER (ORDER BY part) - n AS before
                        FROM (
                            SELECT ({{template "microseconds"}} - %4$s) / %6$s AS part, count(*) AS n
                            FROM {{template "count of"}}
                            WHERE {{template "microseconds"}} BETWEEN %4$s AND %5$s
                            GROUP BY 1
                        ) AS parts
                    ) AS summed
                    WHERE upto >= ceil(0.95 * %7$s) - %8$s
                    ORDER BY part
                    LIMIT 1
                $query$, lines, '', found, lowest, highest, size, counted, below) INTO part, before;
                below := below + before;
                lowest := lowest + part * size;
                highest := least(highest, lowest + size - 1);
            END LOOP;
            slower_than := lowest * interval '1 us';
        END;
{{- end -}}
{{- define "microseconds" -}}(extract(epoch FROM duration) * 1000000)::bigint{{- end -}}
{{- define "count of" -}}{{template "absent"}} CROSS JOIN LATERAL (SELECT duration FROM %1$s%2$s WHERE %3$s) AS line{{- end -}}
