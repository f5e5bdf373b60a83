-- Citus detaches a partition on all nodes in one transaction, and knows no CONCURRENTLY: this takes
-- ACCESS EXCLUSIVE on the table. Whoever comes while it waits for that queues up behind it.
ALTER TABLE {{.Table}} DETACH PARTITION {{.Partition}};
