# shellcheck shell=bash
# Functions that demo.sh and run.sh share, for messages, ports and child processes. Source
# it.

say() { printf '==> %s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# port_taken PORT: succeeds if something on this machine listens on PORT.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# free_port NAME: sets the variable NAME to a port that nothing listens on. Each call
# yields another port, below the ephemeral ports of the system.
next_port=$((20000 + RANDOM % 10000))
free_port() {
    while port_taken "$next_port"; do
        next_port=$((next_port + 1))
    done
    printf -v "$1" '%s' "$next_port"
    next_port=$((next_port + 1))
}

# await_port PORT PID NAME: waits until process PID listens on PORT, for at most 30 s.
await_port() {
    local attempt
    for ((attempt = 0; attempt < 300; attempt++)); do
        kill -0 "$2" 2>/dev/null || die "$3 stopped before it listened"
        if port_taken "$1"; then return; fi
        sleep 0.1
    done
    die "$3 did not listen on port $1"
}

# stop_process PID: stops a child process and waits for it; kills it after 20 s. Does
# nothing if PID is empty.
stop_process() {
    [ -n "$1" ] || return 0
    local attempt
    kill -TERM "$1" 2>/dev/null || true
    for ((attempt = 0; attempt < 200; attempt++)); do
        kill -0 "$1" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}
