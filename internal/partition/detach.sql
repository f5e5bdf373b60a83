-- Outside a transaction: it commits its intent, waits for the transactions that
-- use the table, and takes the partition out; readers and writers go on.
ALTER TABLE {{.Table}} DETACH PARTITION {{.Partition}} CONCURRENTLY;
