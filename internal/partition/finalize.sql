-- Takes out a partition whose DETACH CONCURRENTLY was interrupted. Nothing new
-- uses it, so its ACCESS EXCLUSIVE lock makes nobody wait.
ALTER TABLE {{.Table}} DETACH PARTITION {{.Partition}} FINALIZE;
