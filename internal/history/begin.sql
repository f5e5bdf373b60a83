-- A builder calls what is built in, whatever the search_path of its role. The lock precedes the
-- snapshot: a partition that the snapshot shows keeps its lines until the transaction ends.
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL jit = off;
LOCK TABLE ONLY {{.}} IN ACCESS SHARE MODE;
