-- Four bands to an octave, made of the buckets of history, which has sixteen. Rows without requests
-- are left out: most bands of most steps have none.
{{.Create}} FUNCTION {{.Function "spread"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    longer_than interval,
    up_to interval,
    requests bigint,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH cells AS (
        SELECT at, band, pg_catalog.sum(requests) AS requests
        FROM (
            SELECT {{template "step of"}} AS at, greatest({{template "bucket"}}, 0) >> 2 AS band, requests
            FROM {{template "lines" .}}
            WHERE {{template "from lines" .}} OR NOT {{template "hourly"}}
            {{template "fence"}}
        ) AS lines
        GROUP BY at, band
        UNION ALL
        SELECT at, greatest(bucket, 0) >> 2, pg_catalog.sum(n)::double precision
        FROM {{.Function "past"}}(since, until, {{template "filters"}}, {{template "step"}}, by_route => false)
        WHERE n > 0 AND NOT {{template "from lines" .}} AND {{template "hourly"}}
        GROUP BY 1, 2
    )
    SELECT
        at,
        CASE WHEN band = 0 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, band::double precision / 4) / 1000000) END,
        pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (band + 1)::double precision / 4) / 1000000),
        pg_catalog.round(requests)::bigint,
        CASE WHEN {{template "from lines" .}} OR NOT {{template "hourly"}} THEN 'exact' ELSE {{template "accuracy"}} END
    FROM cells
    WHERE requests > 0
    ORDER BY at, band;
END;
COMMENT ON FUNCTION {{.Function "spread"}} IS
'How are durations spread, finely? The requests of every step of the window by duration, four bands to a doubling of it; bands without requests are left out. Windows of more than three hours whose steps are whole hours are answered from history unless exact, with the same bands.{{.Mark}}';
