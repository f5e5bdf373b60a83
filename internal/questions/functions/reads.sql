{{.Create}} FUNCTION {{.Function "reads"}}(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    percent_instant numeric,
    percent_fast numeric,
    percent_slow numeric,
    percent_failed numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT * FROM {{.Function "speed"}}(since, until, exact => exact) WHERE http_method IN ('GET', 'HEAD');
END;
COMMENT ON FUNCTION {{.Function "reads"}} IS
'Are we fast at retrievals? Like speed, for GET and HEAD.{{.Mark}}';
