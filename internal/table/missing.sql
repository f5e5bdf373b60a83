-- The default of the id names gen_ulid() without its schema, as the article does, and
-- means the function beside the table. So search_path is set, for this transaction
-- alone. A gen_ulid() that exists stays: somebody chose it. Asking first lets a role
-- pass that must not create what already exists.
SELECT pg_catalog.to_regnamespace(pg_catalog.quote_ident($1)) IS NULL AS schema,
    pg_catalog.set_config('search_path', pg_catalog.quote_ident($1), true),
    pg_catalog.to_regprocedure(pg_catalog.quote_ident($1) OPERATOR(pg_catalog.||) '.gen_ulid()') IS NULL AS gen_ulid;
