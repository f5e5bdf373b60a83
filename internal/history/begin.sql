-- A builder calls what is built in, whatever the search_path of its role. The lock precedes the
-- snapshot: a partition that the snapshot shows keeps its lines until the transaction ends.
SET LOCAL search_path = pg_catalog, pg_temp;
-- Enough to add up an hour without sorting it on disk: there is one row for each series and bucket.
SET LOCAL work_mem = '64MB';
SET LOCAL jit = off;
-- Whoever locks the table or a partition as a whole holds up a round of history, and nothing else.
SET LOCAL lock_timeout = '2s';
LOCK TABLE ONLY {{.}} IN ACCESS SHARE MODE;
