{{- define "number" -}}
CASE pg_catalog.jsonb_typeof(statistics -> '{{.}}'::text) WHEN 'number' THEN (statistics -> '{{.}}'::text)::numeric END
{{- end -}}
{{- define "failed" -}}
(status >= 500 OR status < 400 AND error_code IS NOT NULL)
{{- end -}}
{{- /* The bucket of a duration; NULL for one of zero. The logarithm of a power of two, which is
    the upper bound of its bucket, can come out too high by its last digits. */ -}}
{{- define "bucket" -}}
CASE WHEN duration > interval '0' THEN pg_catalog.ceil(pg_catalog.ln(pg_catalog.date_part('epoch', duration) * 1000000) * 23.083120654223414 - 0.000000001)::integer - 1 END
{{- end -}}
{{- define "series" -}}service_name, deployment_environment, http_method, http_route{{- end -}}
{{- /* What lines of one series, weight and bucket add up to. */ -}}
{{- define "sums" -}}
pg_catalog.count(*) AS lines,
                pg_catalog.max(duration) AS slowest,
                pg_catalog.sum(duration) AS busy,
                pg_catalog.count(*) FILTER (WHERE status BETWEEN 400 AND 499) AS refused,
                pg_catalog.count(*) FILTER (WHERE {{template "failed"}}) AS failed,
                pg_catalog.count(*) FILTER (WHERE duration < interval '100 ms') AS instant,
                pg_catalog.count(*) FILTER (WHERE duration >= interval '1 s') AS slow,
                pg_catalog.sum({{template "number" "db_num_queries"}}) AS queries,
                pg_catalog.sum({{template "number" "self_duration"}}) AS own,
                pg_catalog.sum({{template "number" "db_duration"}}) AS database,
                pg_catalog.sum({{template "number" "db_acquire_duration"}}) AS waiting,
                coalesce(pg_catalog.sum({{template "number" "http_duration"}}), 0)
                + coalesce(pg_catalog.sum({{template "number" "rpc_duration"}}), 0)
                + coalesce(pg_catalog.sum({{template "number" "messaging_duration"}}), 0)
                + coalesce(pg_catalog.sum({{template "number" "other_duration"}}), 0) AS outgoing
{{- end -}}
{{- /* The same with the weight: sums of numeric are exact, in any order. n is what falls into
    the bucket. */ -}}
{{- define "weighted" -}}
lines * weight AS n,
            lines,
            slowest,
            lines * weight AS requests,
            refused * weight AS refused,
            failed * weight AS failed,
            instant * weight AS instant,
            slow * weight AS slow,
            extract(epoch FROM busy) * weight AS busy,
            coalesce(queries, 0) * weight AS queries,
            coalesce(own, 0) * weight AS own,
            coalesce(database, 0) * weight AS database,
            coalesce(waiting, 0) * weight AS waiting,
            outgoing * weight AS outgoing
{{- end -}}
