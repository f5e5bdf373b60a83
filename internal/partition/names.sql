-- The name of a new table must differ from those of all relations and, because of its row
-- type, of all types.
SELECT relname::pg_catalog.text FROM pg_catalog.pg_class
WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace(pg_catalog.quote_ident($1::pg_catalog.text))::pg_catalog.oid AND pg_catalog.starts_with(relname::pg_catalog.text, $2::pg_catalog.text)
UNION
SELECT typname::pg_catalog.text FROM pg_catalog.pg_type
WHERE typnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace(pg_catalog.quote_ident($1::pg_catalog.text))::pg_catalog.oid AND pg_catalog.starts_with(typname::pg_catalog.text, $2::pg_catalog.text);
