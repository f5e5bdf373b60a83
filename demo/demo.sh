#!/usr/bin/env bash
# Shows the whole path from an instrumented API to percentiles: starts a Postgres, the
# collector and the API, sends DEMO_RATE (100) requests a second for DEMO_SECONDS (40), and
# queries the lines. Fails unless there is a line for every request.
#
# Run by `make demo`, which builds build/otelcol-canonical first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=demo/processes.sh
source demo/processes.sh
# shellcheck source=demo/postgres.sh
source demo/postgres.sh

seconds=${DEMO_SECONDS:-40}
rate=${DEMO_RATE:-100}
# Tells this run's lines from others in a database given by DATABASE_URL.
environment=demo-$(date +%s)-$$

work=''
collector=''
api=''
traffic=''
watch=''
otlp_port=''
otlp_http_port=''
api_port=''
postgres_port=''
page_port=''
requests=0

clean_up() {
    local status=$? log
    trap '' INT TERM HUP
    trap - EXIT
    stop_process "$traffic"
    stop_process "$watch"
    stop_process "$api"
    stop_process "$collector"
    stop_postgres
    if [ "$status" -ne 0 ] && [ "$status" -lt 128 ] && [ -n "$work" ]; then
        for log in "$work"/*.log "$work"/postgres/*.log; do
            [ -s "$log" ] || continue
            printf '\n--- last lines of %s\n' "${log##*/}" >&2
            tail -n 20 "$log" >&2
        done
    fi
    if [ -n "$work" ]; then rm -rf "$work"; fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# make_work_directory: creates a directory that the user who runs Postgres can reach, and
# sets work to it.
make_work_directory() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/canonical-demo.XXXXXX")
    chmod 711 "$work"
    if ! reachable "$work"; then
        rmdir "$work"
        work=$(mktemp -d /var/tmp/canonical-demo.XXXXXX)
        chmod 711 "$work"
    fi
    mkdir "$work/postgres"
}

start_collector() {
    local health_port
    free_port otlp_port
    free_port otlp_http_port
    free_port health_port
    [ -n "$page_port" ] || free_port page_port
    OTLP_GRPC_ENDPOINT=127.0.0.1:$otlp_port OTLP_HTTP_ENDPOINT=127.0.0.1:$otlp_http_port \
        HEALTH_CHECK_ENDPOINT=127.0.0.1:$health_port PAGE_ENDPOINT=127.0.0.1:$page_port \
        build/otelcol-canonical --config demo/collector.yaml >"$work/collector.log" 2>&1 &
    collector=$!
    await_port "$otlp_port" "$collector" 'the collector'
}

# start_api VERSION OPTION…: starts a version of the API.
start_api() {
    local version=$1
    shift
    free_port api_port
    # The SDK's queue is larger than usual, because this run must not lose a span.
    OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$otlp_http_port \
        OTEL_SERVICE_NAME=demo-api \
        OTEL_RESOURCE_ATTRIBUTES=service.version=$version,deployment.environment.name=$environment \
        OTEL_BSP_MAX_QUEUE_SIZE=20000 \
        build/demo-api -address "127.0.0.1:$api_port" "$@" >>"$work/api.log" 2>&1 &
    api=$!
    await_port "$api_port" "$api" 'the API'
}

# run_traffic SEED: sends requests for half of the time, and adds their number to requests.
run_traffic() {
    build/demo-traffic -url "http://127.0.0.1:$api_port" -duration "$((seconds * 500))ms" -rate "$rate" -seed "$1" >"$work/outcome" &
    traffic=$!
    local status=0
    wait "$traffic" || status=$?
    traffic=''
    cat "$work/outcome" >&2
    [ "$status" -eq 0 ] || die 'the traffic generator failed'
    requests=$((requests + $(awk '$1 == "requests" { print $2 }' "$work/outcome")))
}

# count_lines: prints how many lines of this run are in the table, 0 if there is none yet.
count_lines() {
    query -t "SELECT count(*) FROM canonical_api_line WHERE deployment_environment = '$environment'" 2>/dev/null ||
        echo 0
}

# watch_lines: prints how fast the API is every few seconds, from the first line on.
watch_lines() {
    local answer
    while sleep 3; do
        answer=$(query -t "
            SELECT format('%s lines: p50 %s ms, p95 %s ms, p99 %s ms', count, p[1], p[2], p[3])
            FROM (
                SELECT count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration) AS percentile
                FROM canonical_api_line
                WHERE created_at > now() - interval '1 hour' AND deployment_environment = '$environment'
            ) AS lines
            CROSS JOIN LATERAL (SELECT array_agg(round(1000 * extract(epoch FROM p), 1)) FROM unnest(percentile) AS p) AS rounded (p)
            WHERE count > 0" 2>/dev/null) || continue
        if [ -n "$answer" ]; then say "$answer"; fi
    done
}

# await_lines COUNT: waits until there are COUNT lines, for at most 30 s; fails unless
# there are exactly COUNT.
await_lines() {
    local attempt lines
    for ((attempt = 0; attempt < 60; attempt++)); do
        lines=$(count_lines)
        if [ "$lines" -ge "$1" ]; then break; fi
        sleep 0.5
    done
    [ "$lines" -eq "$1" ] || die "the table has $lines lines for $1 requests"
    say "the table has $lines lines for $1 requests"
}

# show TITLE FILE OPTION…: runs a query from a file and prints the result.
show() {
    local title=$1 file=$2
    shift 2
    printf '\n%s (%s)\n\n' "$title" "$file"
    query "$@" -- "$(cat "$file")"
}

# ask TITLE SQL OPTION…: prints a query to paste, and its result.
ask() {
    local title=$1 sql=$2
    shift 2
    printf '\n%s\n\n    %s\n\n' "$title" "$sql"
    query "$@" -- "$sql"
}

[ -x build/otelcol-canonical ] || die 'build/otelcol-canonical is missing: run make demo'
for program in api traffic ask; do
    internal/tools/progress.sh "building demo/$program" build/demo.log go build -C demo -v -trimpath -o "../build/demo-$program" "./$program"
done

make_work_directory
if [ -n "${DATABASE_URL:-}" ]; then
    say 'using the database in DATABASE_URL'
else
    require_server
    free_port postgres_port
    say "starting Postgres ($postgres_bin) on port $postgres_port"
    start_postgres "$work/postgres" "$postgres_port"
fi

say 'starting the collector and the API'
start_collector
start_api 1.0.0

say "watch it in a browser: http://127.0.0.1:$page_port"
say "sending $rate requests a second for $seconds s"
watch_lines &
watch=$!
run_traffic 1
say 'deploying version 1.1.0 of the API'
stop_process "$api"
start_api 1.1.0 -count-roles
run_traffic 2
stop_process "$watch"
watch=''

kill -0 "$api" 2>/dev/null || die 'the API stopped unexpectedly'
kill -0 "$collector" 2>/dev/null || die 'the collector stopped unexpectedly'
say 'stopping the API and the collector, which flush their spans and lines'
stop_process "$api"
api=''
stop_process "$collector"
collector=''
await_lines "$requests"

show 'Are we fast? Reads' demo/queries/are_we_fast_reads.sql
show 'Are we fast? Writes' demo/queries/are_we_fast_writes.sql
show 'What goes wrong?' demo/queries/errors.sql
show 'One line in full: the request that repeated one query most often' demo/queries/one_line.sql -x

ask 'Is it us or the database?' 'SELECT * FROM canonical_api_line_costs() LIMIT 5'
ask 'Which route runs a query for each row?' 'SELECT * FROM canonical_api_line_n_plus_one()' -x
ask 'Who hammers us?' 'SELECT * FROM canonical_api_line_callers(top => 3)'
ask 'Since when?' "SELECT * FROM canonical_api_line_rate('2 minutes', step => '20 seconds')"
ask 'What did the deploy do?' "SELECT service_version, version_before, change, times, http_route, p95_before, p95_since, chance
    FROM canonical_api_line_deploys('$((seconds + 60)) s')"
ask 'What is different about the slow ones?' "SELECT field, value, percent_selected, percent_others, lines_selected, lines_others, score
    FROM canonical_api_line_differences(route => '/clusters', slower_than => '10 ms') WHERE percent_selected > percent_others"
ask 'What else can I ask?' 'SELECT question, function FROM canonical_api_line_questions()'

# Whoever sits at a terminal can look around before everything is gone.
if [ -t 0 ] && [ -t 1 ]; then
    start_collector
    printf '\nLook around in a browser: http://127.0.0.1:%s\nEnter ends the demo. ' "$page_port"
    read -r _ || true
fi

printf '\nRun a collector for your own service: make run\n'
if [ -n "$postgres_data" ]; then printf 'It keeps its database; the demo removes this one now.\n'; fi
