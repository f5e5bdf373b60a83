-- The sizes of those of the partitions $1 that Citus keeps on its nodes, with their indexes and TOAST.
SELECT p.logicalrelid::pg_catalog.oid, COALESCE(pg_catalog.citus_total_relation_size(p.logicalrelid, false), 0)
FROM pg_catalog.pg_dist_partition p
WHERE p.logicalrelid::pg_catalog.oid OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.oid[]);
