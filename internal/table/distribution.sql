-- How $1 is distributed: by which method and column, none if it is not, and whether its partitions, if
-- there are any, are ranges of created_at. Then what the node is that was asked. Rendered only where
-- Citus is there.
SELECT
    COALESCE(p.partmethod::pg_catalog.text, ''),
    COALESCE(pg_catalog.column_to_column_name(p.logicalrelid, p.partkey), ''),
    NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_partitioned_table ranged
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) ranged.partrelid AND a.attnum OPERATOR(pg_catalog.=) ranged.partattrs[0]
        WHERE ranged.partrelid OPERATOR(pg_catalog.=) p.logicalrelid::pg_catalog.oid
            AND (ranged.partstrat OPERATOR(pg_catalog.<>) 'r' OR a.attname OPERATOR(pg_catalog.<>) 'created_at')
    ),
    pg_catalog.split_part(citus.extversion, '.', 1)::int,
    citus.extversion,
    (SELECT groupid OPERATOR(pg_catalog.=) 0 FROM pg_catalog.pg_dist_local_group),
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_dist_node WHERE shouldhaveshards AND isactive AND noderole OPERATOR(pg_catalog.=) 'primary')
FROM pg_catalog.pg_extension citus
LEFT JOIN pg_catalog.pg_dist_partition p ON p.logicalrelid::pg_catalog.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
WHERE citus.extname OPERATOR(pg_catalog.=) 'citus';
