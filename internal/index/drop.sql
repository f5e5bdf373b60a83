-- Waits for the transactions that use the partition, and holds up none.
DROP INDEX CONCURRENTLY IF EXISTS {{.Index}};
