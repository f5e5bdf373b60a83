-- Says what $1 is partitioned by: whether the first column of its key is $2 in ranges, how
-- many columns follow that one, and the key as a definition has it. An expression in the key has
-- the number 0, which no column has.
--
-- Then who owns it: the role that this one can become with SET ROLE, and the statement that
-- gives this one the rights of the owner. A member without INHERIT has none of them. Last, whether the
-- database has Citus.
SELECT
    c.relkind OPERATOR(pg_catalog.=) 'p',
    COALESCE(
        p.partstrat OPERATOR(pg_catalog.=) 'r' AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.text AND a.atttypid OPERATOR(pg_catalog.=) 'pg_catalog.timestamptz'::pg_catalog.regtype,
        false
    ),
    COALESCE(p.partnatts OPERATOR(pg_catalog.-) 1, 0),
    COALESCE(pg_catalog.pg_get_partkeydef(c.oid), ''),
    COALESCE(pg_catalog.format_type(a.atttypid, a.atttypmod), ''),
    c.oid,
    owner.rolname::pg_catalog.text,
    CASE
        WHEN owner.rolname OPERATOR(pg_catalog.<>) current_user
            AND pg_catalog.pg_has_role(c.relowner, CASE WHEN version.number OPERATOR(pg_catalog.>=) 160000 THEN 'SET' ELSE 'MEMBER' END)
            THEN owner.rolname::pg_catalog.text
        ELSE ''
    END,
    CASE
        WHEN pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN ''
        WHEN version.number OPERATOR(pg_catalog.<) 160000 AND pg_catalog.pg_has_role(c.relowner, 'MEMBER')
            THEN pg_catalog.format('ALTER ROLE %I INHERIT', current_user)
        ELSE pg_catalog.format('GRANT %I TO %I', owner.rolname, current_user)
            OPERATOR(pg_catalog.||) CASE WHEN version.number OPERATOR(pg_catalog.>=) 160000 THEN ' WITH INHERIT TRUE' ELSE '' END
    END,
    pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid OPERATOR(pg_catalog.=) c.oid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) p.partattrs[0]
JOIN pg_catalog.pg_roles owner ON owner.oid OPERATOR(pg_catalog.=) c.relowner
CROSS JOIN (SELECT pg_catalog.current_setting('server_version_num')::int AS number) AS version
WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid;
