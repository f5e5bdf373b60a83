-- Lists a function and those of the exporter that call it, directly or not.
WITH RECURSIVE dependent (oid) AS (
    SELECT p.oid
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = $1 AND p.proname = $2
    UNION
    SELECT d.objid
    FROM dependent
    JOIN pg_catalog.pg_depend AS d
        ON d.refobjid = dependent.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::regclass
        AND d.classid = 'pg_catalog.pg_proc'::regclass
    WHERE pg_catalog.strpos(pg_catalog.obj_description(d.objid, 'pg_proc'), $3) > 0
)
SELECT oid::regprocedure::text FROM dependent;
