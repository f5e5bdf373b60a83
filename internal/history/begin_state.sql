-- History begins with the oldest line. Where parts of it were missing, all hours are built again
-- that are not frozen: nobody has left marks meanwhile.
INSERT INTO {{.Built}} (until, frozen)
SELECT 'epoch', 'epoch'
WHERE NOT EXISTS (SELECT FROM {{.Built}});
UPDATE {{.Built}}
SET until = greatest(frozen, 'epoch', date_bin('1 hour', coalesce((SELECT min(created_at) FROM {{.}}), clock_timestamp()), 'epoch'));
