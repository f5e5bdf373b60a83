-- Completes a DETACH CONCURRENTLY that was interrupted. No new transaction uses the
-- partition, so its ACCESS EXCLUSIVE lock blocks nobody.
ALTER TABLE {{.Table}} DETACH PARTITION {{.Partition}} FINALIZE;
