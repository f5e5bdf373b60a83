#!/usr/bin/env bash
# Runs the collector on the usual OTLP ports, with a Postgres that keeps its data, until
# Ctrl-C.
#
# Run by `make run`, which builds build/otelcol-canonical first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=demo/processes.sh
source demo/processes.sh
# shellcheck source=demo/postgres.sh
source demo/postgres.sh

collector=''
warnings=''
postgres_port=''
page_port=''
health_port=''

clean_up() {
    local status=$?
    trap '' INT TERM HUP
    trap - EXIT
    stop_process "$collector"
    stop_process "$warnings"
    stop_postgres
    exit "$status"
}
trap clean_up EXIT
# Ctrl-C is the normal end.
trap 'exit 0' INT TERM HUP

# make_home: creates the directory that keeps the data, and sets home to it. It is .data, or
# below /var/tmp if the user who runs Postgres cannot reach the checkout.
make_home() {
    home=$PWD/.data
    mkdir -p "$home"
    if ! reachable "$home"; then
        home=/var/tmp/canonical-line-$(printf '%s' "$PWD" | cksum | cut -d ' ' -f 1)
        mkdir -p "$home"
        { [ -O "$home" ] && [ ! -L "$home" ]; } || die "$home belongs to another user"
        chmod 755 "$home"
    fi
    mkdir -p "$home/postgres"
}

[ -x build/otelcol-canonical ] || die 'build/otelcol-canonical is missing: run make run'
for port in 4317 4318; do
    if port_taken "$port"; then die "port $port is in use, perhaps by another collector: stop it first"; fi
done
internal/tools/progress.sh 'building demo/ask' build/demo.log go build -C demo -v -trimpath -o ../build/demo-ask ./ask
make_home

if [ -n "${DATABASE_URL:-}" ]; then
    # shellcheck disable=SC2016 # printed unexpanded: it may contain a password
    url='"$DATABASE_URL"'
else
    require_server
    # The same port every time, if it is free.
    next_port=54320
    free_port postgres_port
    say "starting Postgres ($postgres_bin), data in $home/postgres"
    start_postgres "$home/postgres" "$postgres_port"
    url="'$DATABASE_URL'"
fi
if [ -x "$postgres_bin/psql" ]; then
    connect="$postgres_bin/psql $url -c"
elif command -v psql >/dev/null; then
    connect="psql $url -c"
else
    connect="DATABASE_URL=$url build/demo-ask"
fi

free_port health_port
log=$home/collector.log
# The same address every time, if it is free.
next_port=8318
free_port page_port
PAGE_ENDPOINT=127.0.0.1:$page_port HEALTH_CHECK_ENDPOINT=127.0.0.1:$health_port \
    build/otelcol-canonical --config demo/collector.yaml >"$log" 2>&1 &
collector=$!
await_port 4317 "$collector" "the collector, whose log is $log,"

cat <<TEXT

Ready. Point a service at it:

    export OTEL_TRACES_EXPORTER=otlp
    export OTEL_EXPORTER_OTLP_PROTOCOL=grpc
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317
    export OTEL_SERVICE_NAME=my-service

Lines arrive within 15 seconds. See whether it is fast:

    http://127.0.0.1:$page_port

Or query them:

    $connect 'SELECT * FROM canonical_api_line_speed()'
    $connect "SELECT * FROM canonical_api_line_errors('10 minutes')"
    $connect 'SELECT question, function FROM canonical_api_line_questions()'

Ctrl-C stops the collector and keeps the data. Warnings appear below; the whole log is
$log.

TEXT
tail -n +1 -f "$log" > >(grep -E $'\t(warn|error|fatal)\t') &
warnings=$!
wait "$collector" || die "the collector stopped: see $log"
