-- The name of a new table must differ from those of all relations and, because of its row
-- type, of all types.
SELECT relname::text FROM pg_catalog.pg_class
WHERE relnamespace = to_regnamespace(quote_ident($1::text)) AND starts_with(relname::text, $2::text)
UNION
SELECT typname::text FROM pg_catalog.pg_type
WHERE typnamespace = to_regnamespace(quote_ident($1::text)) AND starts_with(typname::text, $2::text);
