-- History begins with the oldest line. Where parts of it were missing, all hours are built again
-- that are not frozen: nobody has left marks meanwhile.
INSERT INTO {{.Built}} (until, frozen)
SELECT 'epoch', 'epoch'
WHERE NOT EXISTS (SELECT FROM {{.Built}});
UPDATE {{.Built}}
SET until = greatest(frozen, date_bin('1 hour', clock_timestamp(), 'epoch'));
UPDATE {{.Built}}
SET until = greatest(frozen, 'epoch', date_bin('1 hour', first.at, 'epoch'))
FROM (SELECT min(created_at) AS at FROM {{.}}) AS first
WHERE first.at IS NOT NULL;
