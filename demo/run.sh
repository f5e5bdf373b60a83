#!/usr/bin/env bash
# make run: a collector on 4317 and 4318 and a Postgres that keeps its data
# between runs, until Ctrl-C.
#
# DATABASE_URL takes a database of yours instead.
set -euo pipefail
cd "$(dirname "$0")/.."
. demo/postgres.sh
. demo/processes.sh

data=$PWD/.data
collector='' own_postgres=''

# shellcheck disable=SC2317 # called by the trap
clean_up() {
	local status=$?
	trap - EXIT INT TERM
	[ -z "$collector" ] || end "$collector" || true
	[ -z "$own_postgres" ] || postgres_stop "$data/postgres" || true
	exit "$status"
}
trap clean_up EXIT
trap 'exit 0' INT TERM

for port in 4317 4318; do
	if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
		echo "port $port is taken: is another collector running?" >&2
		exit 1
	fi
done

mkdir -p "$data"
ports=($(free_ports 2))
if [ -z "${DATABASE_URL:-}" ]; then
	if ! as_postgres test -x "$data"; then
		# A checkout that only root may enter.
		data=/var/tmp/canonical-line-data
		mkdir -p "$data"
	fi
	own_postgres=yes
	postgres_start "$data/postgres" "${ports[0]}" "$data/postgres.log"
	export DATABASE_URL="postgres://postgres@127.0.0.1:${ports[0]}/postgres"
	psql="$(find_postgres)/psql"
else
	psql=psql
fi

OTLP_GRPC_PORT=4317 OTLP_HTTP_PORT=4318 HEALTH_PORT=${ports[1]} \
	build/otelcol-canonical --config demo/collector.yaml >"$data/collector.log" 2>&1 &
collector=$!
await_port 4317 "$collector" 'the collector'

cat <<EOF
A collector takes spans on 4317 (gRPC) and 4318 (HTTP). Point a service at it:

  export OTEL_TRACES_EXPORTER=otlp
  export OTEL_EXPORTER_OTLP_PROTOCOL=grpc
  export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317
  export OTEL_SERVICE_NAME=my-service

and ask, after 100 requests or 15 seconds:

  $psql '$DATABASE_URL' -f demo/queries/are_we_fast_reads.sql

The collector's log: $data/collector.log
Ctrl-C ends it$([ -z "$own_postgres" ] || echo "; the data stays in $data").
EOF
wait "$collector"
