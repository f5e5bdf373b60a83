-- Runs outside a transaction: it commits its intent, waits for the transactions that use
-- the table, then detaches the partition. Readers and writers continue meanwhile.
ALTER TABLE {{.Table}} DETACH PARTITION {{.Partition}} CONCURRENTLY;
