-- search_path is set for this transaction alone: the default of the id names
-- gen_ulid() without its schema, as the article does, and means the one beside
-- the table. A gen_ulid() that is there already is somebody's choice and stays.
-- Asking first also serves a role that may not create what exists.
SELECT to_regnamespace(quote_ident($1)) IS NULL AS schema,
    set_config('search_path', quote_ident($1), true),
    to_regprocedure(quote_ident($1) || '.gen_ulid()') IS NULL AS gen_ulid;
