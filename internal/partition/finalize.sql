-- Completes a DETACH CONCURRENTLY that was interrupted. It waits for the transactions that
-- began before that, then takes ACCESS EXCLUSIVE on the partition, which no new transaction
-- reaches through the table. Meanwhile no other partition is attached or detached.
ALTER TABLE {{.Table}} DETACH PARTITION {{.Partition}} FINALIZE;
