-- Which of the commands that write lines have no policy of row level security for this role,
-- and the role. A line that comes again is looked up and changed.
SELECT
    COALESCE(pg_catalog.array_agg(needed.command ORDER BY needed.command), '{}'),
    pg_catalog.quote_ident(current_user)
FROM (VALUES ('INSERT'::pg_catalog.text, 'a'), ('SELECT', 'r'), ('UPDATE', 'w')) AS needed (command, code)
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_policy p
    WHERE p.polrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
        AND p.polpermissive
        AND p.polcmd::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY[needed.code, '*']::pg_catalog.text[])
        AND EXISTS (
            SELECT
            FROM pg_catalog.unnest(p.polroles) AS role (oid)
            -- 0 is PUBLIC.
            WHERE role.oid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR pg_catalog.pg_has_role(role.oid, 'USAGE')
        )
);
