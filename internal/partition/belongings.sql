-- Writes the statements that give the partition $2 what its table $1 has, LIKE does not copy
-- and ATTACH does not ask for: row level security and policies first, then grants, which
-- would otherwise lead past the policies.
WITH parent AS (
    SELECT oid, relrowsecurity, relforcerowsecurity, relacl
    FROM pg_catalog.pg_class
    WHERE oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
),
granted AS (
    SELECT '' AS columns, acl.*
    FROM parent, pg_catalog.aclexplode(parent.relacl) AS acl
    UNION ALL
    SELECT pg_catalog.format(' (%I)', a.attname), acl.*
    FROM parent
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) parent.oid AND NOT a.attisdropped
    CROSS JOIN pg_catalog.aclexplode(a.attacl) AS acl
),
role AS (
    SELECT oid, pg_catalog.quote_ident(rolname) AS name FROM pg_catalog.pg_roles
    UNION ALL
    SELECT 0, 'PUBLIC'
),
statement AS (
    SELECT 1 AS step, 'ALTER TABLE ' OPERATOR(pg_catalog.||) $2::pg_catalog.text OPERATOR(pg_catalog.||) ' ENABLE ROW LEVEL SECURITY' AS sql
    FROM parent
    WHERE relrowsecurity
    UNION ALL
    SELECT 1, 'ALTER TABLE ' OPERATOR(pg_catalog.||) $2::pg_catalog.text OPERATOR(pg_catalog.||) ' FORCE ROW LEVEL SECURITY'
    FROM parent
    WHERE relforcerowsecurity
    UNION ALL
    SELECT 2, pg_catalog.format('CREATE POLICY %I ON ', p.polname) OPERATOR(pg_catalog.||) $2::pg_catalog.text
        OPERATOR(pg_catalog.||) CASE WHEN p.polpermissive THEN ' AS PERMISSIVE' ELSE ' AS RESTRICTIVE' END
        OPERATOR(pg_catalog.||) CASE
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'r' THEN ' FOR SELECT'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'a' THEN ' FOR INSERT'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'w' THEN ' FOR UPDATE'
            WHEN p.polcmd OPERATOR(pg_catalog.=) 'd' THEN ' FOR DELETE'
            ELSE ' FOR ALL'
        END
        OPERATOR(pg_catalog.||) ' TO ' OPERATOR(pg_catalog.||) (SELECT pg_catalog.string_agg(role.name, ', ') FROM role WHERE role.oid OPERATOR(pg_catalog.=) ANY (p.polroles))
        OPERATOR(pg_catalog.||) COALESCE(' USING (' OPERATOR(pg_catalog.||) pg_catalog.pg_get_expr(p.polqual, p.polrelid) OPERATOR(pg_catalog.||) ')', '')
        OPERATOR(pg_catalog.||) COALESCE(' WITH CHECK (' OPERATOR(pg_catalog.||) pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) OPERATOR(pg_catalog.||) ')', '')
    FROM pg_catalog.pg_policy p
    JOIN parent ON parent.oid OPERATOR(pg_catalog.=) p.polrelid
    UNION ALL
    SELECT 3, 'GRANT ' OPERATOR(pg_catalog.||) pg_catalog.string_agg(granted.privilege_type OPERATOR(pg_catalog.||) granted.columns, ', ') OPERATOR(pg_catalog.||) ' ON ' OPERATOR(pg_catalog.||) $2::pg_catalog.text
        OPERATOR(pg_catalog.||) ' TO ' OPERATOR(pg_catalog.||) role.name OPERATOR(pg_catalog.||) CASE WHEN granted.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM granted
    JOIN role ON role.oid OPERATOR(pg_catalog.=) granted.grantee
    GROUP BY role.name, granted.is_grantable
)
SELECT sql FROM statement ORDER BY step, sql;
