-- A table needs a name that no relation and, for its row type, no type has.
SELECT relname::text FROM pg_catalog.pg_class
WHERE relnamespace = to_regnamespace(quote_ident($1::text)) AND starts_with(relname::text, $2::text)
UNION
SELECT typname::text FROM pg_catalog.pg_type
WHERE typnamespace = to_regnamespace(quote_ident($1::text)) AND starts_with(typname::text, $2::text);
