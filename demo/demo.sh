#!/usr/bin/env bash
# make demo: an API, its database and its traffic, a collector with the
# canonical_line exporter, and the answer to "are we fast?" out of Postgres. It
# ends by itself and leaves nothing behind.
#
# DATABASE_URL takes a database of yours instead of a throwaway Postgres;
# DEMO_SECONDS is how long the traffic lasts.
set -euo pipefail
cd "$(dirname "$0")/.."
. demo/postgres.sh
. demo/processes.sh

seconds=${DEMO_SECONDS:-100}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/canonical-line-demo.XXXXXX")
chmod 755 "$work"
api='' collector='' own_postgres=''

say() {
	if [ -t 1 ]; then
		printf '\033[1m==> %s\033[0m\n' "$*"
	else
		echo "==> $*"
	fi
}

# shellcheck disable=SC2317 # called by the trap
clean_up() {
	local status=$?
	trap - EXIT INT TERM
	[ -z "$api" ] || end "$api" || true
	[ -z "$collector" ] || end "$collector" || true
	[ -z "$own_postgres" ] || postgres_stop "$work/data" || true
	if [ "$status" != 0 ]; then
		tail -n 20 "$work"/*.log >&2 || true
	fi
	rm -rf "$work"
	exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say 'building the API and its traffic'
(cd demo && go build -o ../build/demo-api ./api && go build -o ../build/demo-traffic ./traffic)

ports=($(free_ports 5))
if [ -z "${DATABASE_URL:-}" ]; then
	say 'starting Postgres'
	own_postgres=yes
	postgres_start "$work/data" "${ports[0]}" "$work/postgres.log"
	export DATABASE_URL="postgres://postgres@127.0.0.1:${ports[0]}/postgres"
	psql="$(find_postgres)/psql"
else
	psql=psql
fi
query() { "$psql" --no-psqlrc --quiet --pset=pager=off --set=ON_ERROR_STOP=1 "$@" "$DATABASE_URL"; }
count() { query --tuples-only --no-align --command="SELECT count(*) FROM canonical_api_line WHERE created_at >= '$started'"; }
started=$(query --tuples-only --no-align --command='SELECT now()')

say 'starting the collector'
OTLP_GRPC_PORT=${ports[1]} OTLP_HTTP_PORT=${ports[2]} HEALTH_PORT=${ports[3]} \
	build/otelcol-canonical --config demo/collector.yaml >"$work/collector.log" 2>&1 &
collector=$!
await_port "${ports[1]}" "$collector" 'the collector'

say 'starting the API'
OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:${ports[1]}" OTEL_SERVICE_NAME=demo-api \
	OTEL_RESOURCE_ATTRIBUTES=service.version=1.0.0,deployment.environment.name=demo \
	build/demo-api -address "127.0.0.1:${ports[4]}" >"$work/api.log" 2>&1 &
api=$!
await_port "${ports[4]}" "$api" 'the API'

say "running traffic for $seconds seconds"
build/demo-traffic -url "http://127.0.0.1:${ports[4]}" -duration "${seconds}s" >"$work/traffic.txt"
requests=$(awk '$1 == "requests" { print $2 }' "$work/traffic.txt")

say 'stopping the API and the collector, which write what waits'
end "$api"
api=''
end "$collector"
collector=''
lines=$(count)
echo "requests answered: $requests, lines in canonical_api_line: $lines"
if [ "$lines" != "$requests" ]; then
	echo 'every request should be one line' >&2
	exit 1
fi

say 'Are we fast? Reads:'
query --file=demo/queries/are_we_fast_reads.sql
say 'Are we fast? Writes:'
query --file=demo/queries/are_we_fast_writes.sql
say 'What went wrong?'
query --file=demo/queries/errors.sql
say 'One line, expanded:'
query --expanded --file=demo/queries/one_line.sql

say 'To send spans of your own and ask questions of your own: make run'
