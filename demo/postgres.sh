#!/usr/bin/env bash
# A Postgres for the demo. Run, it makes sure that one is installed; sourced, it
# gives postgres_start and postgres_stop as well.
set -euo pipefail

# find_postgres prints the folder of the server's programs.
find_postgres() {
	local dir
	for dir in "${PGTEST_BINDIR:-}" \
		"$(pg_config --bindir 2>/dev/null || true)" \
		$(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -Vr) \
		/opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin \
		/Applications/Postgres.app/Contents/Versions/latest/bin /usr/local/pgsql/bin \
		"$(dirname "$(command -v initdb || true)")"; do
		if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
			echo "$dir"
			return
		fi
	done
	return 1
}

# install_postgres installs it on Debian and its like, without a cluster of its
# own that would take the port and go on running.
install_postgres() {
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo 'No Postgres found. Install one (Debian, Ubuntu: apt-get install postgresql; macOS:' >&2
		echo 'brew install postgresql@17; Fedora: dnf install postgresql-server), or set DATABASE_URL.' >&2
		return 1
	fi
	echo 'installing Postgres with apt-get' >&2
	{
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q
		apt-get install -q -y --no-install-recommends postgresql-common
		sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
		apt-get install -q -y --no-install-recommends postgresql
	} >&2
}

# require_postgres prints the folder of the server's programs, installed if need be.
require_postgres() {
	find_postgres || { install_postgres && find_postgres; }
}

# as_postgres runs a command as a user that may run a server: root may not.
as_postgres() {
	if [ "$(id -u)" != 0 ]; then
		"$@"
		return
	fi
	local user=nobody
	if id postgres >/dev/null 2>&1; then
		user=postgres
	fi
	(cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@")
}

# postgres_start DIRECTORY PORT LOG serves the cluster in DIRECTORY, which is made
# if it is empty, on 127.0.0.1. The server keeps its safety: fsync is on.
postgres_start() {
	local data=$1 port=$2 log=$3 bin
	bin=$(require_postgres)
	mkdir -p "$data"
	touch "$log"
	if [ "$(id -u)" = 0 ]; then
		chown "$(as_postgres id -u):$(as_postgres id -g)" "$data" "$log"
	fi
	if [ ! -e "$data/PG_VERSION" ]; then
		as_postgres "$bin/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 \
			--locale=C --no-instructions >>"$log"
	fi
	as_postgres "$bin/pg_ctl" start --pgdata="$data" --log="$log" --wait --silent \
		--options="-p $port -k '' -c listen_addresses=127.0.0.1"
}

# postgres_stop DIRECTORY stops what serves the cluster, if anything does.
postgres_stop() {
	local bin
	bin=$(find_postgres)
	if [ -e "$1/postmaster.pid" ]; then
		as_postgres "$bin/pg_ctl" stop --pgdata="$1" --mode=fast --wait --silent
	fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	require_postgres >/dev/null
fi
