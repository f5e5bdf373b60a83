#!/usr/bin/env bash
# progress.sh TITLE LOG COMMAND…: runs a command that takes long, with its output in LOG, and shows
# how far it is: the seconds, the number of lines it has written, and the last one. If it fails, its
# output is printed.
set -uo pipefail
title=$1 log=$2
shift 2

"$@" >"$log" 2>&1 &
command=$!
trap 'kill "$command" 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# show: prints the state over the last one on a terminal, and every 15 seconds elsewhere.
show() {
    local lines last
    lines=$(($(wc -l <"$log")))
    last=$(tail -n 1 "$log" | cut -c 1-60)
    if [ -t 2 ]; then
        printf '\r\033[K%s: %s s, %s %s' "$title" "$SECONDS" "$lines" "$last" >&2
    elif ((SECONDS % 15 == 0)); then
        printf '%s: %s s, %s %s\n' "$title" "$SECONDS" "$lines" "$last" >&2
    fi
}

printf '%s' "$title" >&2
[ -t 2 ] || echo >&2
while kill -0 "$command" 2>/dev/null; do
    sleep 1
    show
done
wait "$command"
status=$?
[ ! -t 2 ] || printf '\r\033[K%s: %s s\n' "$title" "$SECONDS" >&2
if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
exit "$status"
