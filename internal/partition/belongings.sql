-- Writes the statements that give the partition $2 what its table $1 has, LIKE does not copy
-- and ATTACH does not ask for: row level security and policies first, then grants, which
-- would otherwise lead past the policies.
WITH parent AS (
    SELECT oid, relrowsecurity, relforcerowsecurity, relacl
    FROM pg_catalog.pg_class
    WHERE oid = pg_catalog.to_regclass($1::text)::oid
),
granted AS (
    SELECT '' AS columns, acl.*
    FROM parent, pg_catalog.aclexplode(parent.relacl) AS acl
    UNION ALL
    SELECT pg_catalog.format(' (%I)', a.attname), acl.*
    FROM parent
    JOIN pg_catalog.pg_attribute a ON a.attrelid = parent.oid AND NOT a.attisdropped
    CROSS JOIN pg_catalog.aclexplode(a.attacl) AS acl
),
role AS (
    SELECT oid, pg_catalog.quote_ident(rolname) AS name FROM pg_catalog.pg_roles
    UNION ALL
    SELECT 0, 'PUBLIC'
),
statement AS (
    SELECT 1 AS step, 'ALTER TABLE ' || $2::text || ' ENABLE ROW LEVEL SECURITY' AS sql
    FROM parent
    WHERE relrowsecurity
    UNION ALL
    SELECT 1, 'ALTER TABLE ' || $2::text || ' FORCE ROW LEVEL SECURITY'
    FROM parent
    WHERE relforcerowsecurity
    UNION ALL
    SELECT 2, pg_catalog.format('CREATE POLICY %I ON ', p.polname) || $2::text
        || CASE WHEN p.polpermissive THEN ' AS PERMISSIVE' ELSE ' AS RESTRICTIVE' END
        || CASE p.polcmd
            WHEN 'r' THEN ' FOR SELECT'
            WHEN 'a' THEN ' FOR INSERT'
            WHEN 'w' THEN ' FOR UPDATE'
            WHEN 'd' THEN ' FOR DELETE'
            ELSE ' FOR ALL'
        END
        || ' TO ' || (SELECT pg_catalog.string_agg(role.name, ', ') FROM role WHERE role.oid = ANY (p.polroles))
        || COALESCE(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
        || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
    FROM pg_catalog.pg_policy p
    JOIN parent ON parent.oid = p.polrelid
    UNION ALL
    SELECT 3, 'GRANT ' || pg_catalog.string_agg(granted.privilege_type || granted.columns, ', ') || ' ON ' || $2::text
        || ' TO ' || role.name || CASE WHEN granted.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    FROM granted
    JOIN role ON role.oid = granted.grantee
    GROUP BY role.name, granted.is_grantable
)
SELECT sql FROM statement ORDER BY step, sql;
