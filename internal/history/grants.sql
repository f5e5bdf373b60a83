-- Writes the grants that are missing: who may read the lines of $1 may read their history, and
-- who may write lines may leave marks. $2 to $6 are the names of hours, days, built, marks and
-- fence.
WITH granted AS (
    SELECT acl.grantee, acl.privilege_type, COALESCE(pg_catalog.quote_ident(r.rolname), 'PUBLIC') AS role
    FROM pg_catalog.pg_class c
    CROSS JOIN pg_catalog.aclexplode(c.relacl) AS acl
    LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) acl.grantee
    WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
        AND acl.grantee OPERATOR(pg_catalog.<>) c.relowner
),
wanted (on_privilege, kind, name, privilege) AS (
    VALUES
        ('SELECT', 'TABLE', $2::pg_catalog.text, 'SELECT'),
        ('SELECT', 'TABLE', $3::pg_catalog.text, 'SELECT'),
        ('SELECT', 'TABLE', $4::pg_catalog.text, 'SELECT'),
        ('SELECT', 'TABLE', $5::pg_catalog.text, 'SELECT'),
        ('INSERT', 'TABLE', $5::pg_catalog.text, 'INSERT'),
        ('INSERT', 'SEQUENCE', $6::pg_catalog.text, 'SELECT')
)
SELECT 'GRANT ' OPERATOR(pg_catalog.||) wanted.privilege OPERATOR(pg_catalog.||) ' ON ' OPERATOR(pg_catalog.||) wanted.kind OPERATOR(pg_catalog.||) ' '
    OPERATOR(pg_catalog.||) wanted.name OPERATOR(pg_catalog.||) ' TO ' OPERATOR(pg_catalog.||) granted.role
FROM granted
JOIN wanted ON wanted.on_privilege OPERATOR(pg_catalog.=) granted.privilege_type
JOIN pg_catalog.pg_class part ON part.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(wanted.name)::pg_catalog.oid
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.aclexplode(part.relacl) AS acl
    WHERE acl.grantee OPERATOR(pg_catalog.=) granted.grantee AND acl.privilege_type OPERATOR(pg_catalog.=) wanted.privilege
);
