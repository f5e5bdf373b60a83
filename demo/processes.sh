# Sourced: starting processes, waiting for them, and ending all of them.

# free_ports N prints so many TCP ports that are free now.
free_ports() {
	local port=$((20000 + RANDOM % 10000)) found=0
	while [ "$found" -lt "$1" ]; do
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			found=$((found + 1))
		fi
		port=$((port + 1))
	done
}

# await_port PORT PID WHAT returns once the process listens.
await_port() {
	local i
	for i in $(seq 300); do
		if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
			return
		fi
		kill -0 "$2" 2>/dev/null || break
		sleep 0.1
	done
	echo "$3 did not start" >&2
	return 1
}

# end PID asks a process to stop and waits until it has.
end() {
	if kill -TERM "$1" 2>/dev/null; then
		wait "$1"
	fi
}
