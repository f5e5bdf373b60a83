-- Locks the only row, so that one builds at a time. Whoever finds it locked has nothing to do.
SELECT until, frozen, partitions, ends, clock_timestamp()
FROM {{.Built}}
FOR UPDATE NOWAIT;
