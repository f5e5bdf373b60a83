-- The relations whose names could clash with that of an index.
SELECT relname::pg_catalog.text
FROM pg_catalog.pg_class
WHERE relnamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace(pg_catalog.quote_ident($1::pg_catalog.text))::pg_catalog.oid
    AND pg_catalog.starts_with(relname::pg_catalog.text, $2::pg_catalog.text);
