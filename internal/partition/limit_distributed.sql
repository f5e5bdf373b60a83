-- Bounds how long a change of a distributed table holds up readers and writers, in
-- milliseconds: each wait for a lock, on the other nodes too, and all of them together.
SET LOCAL citus.propagate_set_commands = 'local';
SET LOCAL lock_timeout = {{.}};
SET LOCAL statement_timeout = {{.}};
