-- The name of a new table must differ from those of all relations and, because of its row
-- type, of all types.
SELECT relname::text FROM pg_catalog.pg_class
WHERE relnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident($1::text))::oid AND pg_catalog.starts_with(relname::text, $2::text)
UNION
SELECT typname::text FROM pg_catalog.pg_type
WHERE typnamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident($1::text))::oid AND pg_catalog.starts_with(typname::text, $2::text);
