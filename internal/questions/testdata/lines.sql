-- Inserts the lines $4 to $5 of $1 lines, which are spread evenly over the interval $3 up to
-- $2, in order of time. Routes and latencies are those of the article; accounts are skewed,
-- one route has an N+1, some wait for another service, and a few requests fail. Twenty lines
-- each share a request id, a trace id and an account that no others have. All values derive
-- from the line's number, so they are the same each time.
WITH route AS (
    SELECT *, sum(weight) OVER (ORDER BY n) - weight AS low, sum(weight) OVER (ORDER BY n) AS high
    FROM (
        VALUES
            -- n, of 10,000 requests, method, route, typical seconds, spread, of 1,000 failed, queries, outgoing
            (1, 4950, 'POST', '/metrics', 0.0097, 0.25, 0, 2, false),
            (2, 3000, 'POST', '/vendor/owl/metrics', 0.0062, 0.25, 0, 1, false),
            (3, 690, 'GET', '/metric-views/{name}', 0.0126, 0.3, 1, 3, false),
            (4, 155, 'GET', '/clusters', 0.0109, 0.4, 1, 4, false),
            (5, 140, 'GET', '/clusters/{cluster_id}/upgrade', 0.0214, 0.4, 2, 5, false),
            (6, 135, 'GET', '/clusters/{cluster_id}/roles/{role_name}', 0.0207, 0.4, 2, 45, false),
            (7, 130, 'GET', '/teams', 0.0099, 0.5, 1, 3, false),
            (8, 115, 'GET', '/account', 0.0078, 0.6, 1, 2, false),
            (9, 110, 'GET', '/clusters/{cluster_id}', 0.0554, 0.6, 3, 12, false),
            (10, 72, 'POST', '/vendor/owl/pellet', 0.0222, 0.35, 1, 3, false),
            (11, 66, 'GET', '/health-checks/{name}', 0.0023, 0.3, 0, 1, false),
            (12, 200, 'GET', NULL, 0.0002, 0.6, 0, 0, false),
            (13, 90, 'GET', '/clusters/{cluster_id}/status', 0.0530, 1.3, 8, 4, true),
            (14, 80, 'GET', '/clusters/{cluster_id}/databases', 0.6023, 1.2, 20, 4, true),
            (15, 40, 'POST', '/queries', 0.4144, 1.5, 30, 3, true),
            (16, 15, 'POST', '/access-tokens', 0.0077, 0.4, 1, 4, false),
            (17, 5, 'POST', '/sessions', 0.0322, 0.7, 4, 6, false),
            (18, 3, 'DELETE', '/clusters/{cluster_id}', 0.0457, 0.5, 5, 9, true),
            (19, 2, 'PATCH', '/clusters/{cluster_id}', 0.0412, 0.5, 5, 9, false),
            (20, 2, 'PUT', '/clusters/{cluster_id}/roles', 0.0265, 0.6, 2, 7, false)
    ) AS mix (n, weight, method, route, typical, spread, failed, queries, outgoing)
),
line AS MATERIALIZED (
    SELECT
        i,
        $2::timestamptz - $3::interval * ((n - i) / n::double precision) AS at,
        hash & 1048575 AS pick,
        -- Two uniform numbers make a normal one (Box and Muller).
        sqrt(-2 * ln(((hash >> 20 & 1048575) + 1) / 1048576.0::double precision))
        * cos(6.283185307 * ((hash >> 40 & 1048575) / 1048576.0::double precision)) AS normal,
        (hashint8(i + 4611686018427387904)::bigint & 1048575) / 1048576.0::double precision AS who,
        hashint8(i * 31 + 7) & 1048575 AS luck
    FROM (
        SELECT i, $1::bigint AS n, hashint8extended(i, 42) AS hash
        FROM generate_series($4::bigint, $5::bigint) AS i
    ) AS numbered
),
request AS (
    SELECT
        line.*,
        route.*,
        route.typical * exp(route.spread * line.normal) AS seconds,
        CASE
            WHEN route.route IS NULL THEN 404
            WHEN line.luck % 1000 < route.failed THEN 500
            WHEN line.luck % 1000 BETWEEN 100 AND 107 THEN 401
            WHEN line.luck % 1000 BETWEEN 200 AND 203 THEN 422
            WHEN route.method = 'POST' THEN 201
            ELSE 200
        END AS code,
        floor(2000 * line.who ^ 3)::integer AS account
    FROM line
    JOIN route ON line.pick * 10000 / 1048576 >= route.low AND line.pick * 10000 / 1048576 < route.high
)
INSERT INTO canonical_api_line (
    id, account_email, account_id, api_error_code, api_error_cause, auth_type, content_type, created_at, duration,
    http_method, http_path, http_route, ip, request_id, statistics, status, sudo, updated_at, user_agent,
    service_name, service_version, deployment_environment, trace_id, span_id
)
SELECT
    md5('id' || i)::uuid,
    'user' || account || '@example.com',
    CASE i % ($1::bigint / 20 + 1) WHEN 9 THEN md5('rare account')::uuid ELSE md5('account' || account)::uuid END,
    CASE code WHEN 404 THEN 'not_found' WHEN 500 THEN 'internal' WHEN 401 THEN 'unauthorized' WHEN 422 THEN 'invalid' END,
    CASE code
        WHEN 500 THEN CASE WHEN outgoing THEN '*url.Error: dial tcp: connection refused' ELSE '*pgconn.PgError: deadlock detected' END
    END,
    'bearer',
    'application/json',
    at,
    seconds * interval '1 s',
    method,
    coalesce(replace(replace(replace(route, '{cluster_id}', md5('cluster' || luck)::uuid::text), '{name}', 'cpu'), '{role_name}', 'admin'), '/wp-login.php'),
    route,
    '10.0.0.0'::inet + (account * 3 + luck % 3),
    CASE i % ($1::bigint / 20 + 1) WHEN 7 THEN md5('rare request')::uuid ELSE md5('request' || i)::uuid END,
    CASE WHEN queries > 0 THEN
        jsonb_build_object(
            'spans', queries * 2 + outgoing::integer,
            'db_num_queries', queries,
            'db_duration', round((seconds * CASE WHEN outgoing THEN 0.1 ELSE 0.6 END)::numeric, 9),
            'db_num_acquires', queries,
            'db_acquire_duration', round((seconds * 0.01)::numeric, 9),
            'self_duration', round((seconds * CASE WHEN outgoing THEN 0.1 ELSE 0.39 END)::numeric, 9))
        || CASE WHEN queries > 4 THEN
            jsonb_build_object('db_max_repeat', queries - 3, 'db_max_repeat_query', 'SELECT id, name FROM roles WHERE id = $1')
            ELSE '{}' END
        || CASE WHEN outgoing THEN
            jsonb_build_object('http_num_requests', 1, 'http_duration', round((seconds * 0.8)::numeric, 9))
            ELSE '{}' END
    END,
    code,
    false,
    at,
    (ARRAY['curl/8.9.1', 'terraform-provider/1.4.0', 'cli/3.2.1', 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
        'python-requests/2.32.3', 'metrics-agent/0.9.2'])[1 + account % 6],
    'api',
    '1.0.0',
    'production',
    CASE i % ($1::bigint / 20 + 1) WHEN 8 THEN md5('rare trace') ELSE md5('trace' || i) END,
    left(md5('span' || i), 16)
FROM request
ORDER BY at;
