-- Which parts of a history are missing: tables and a sequence, $1, and a function, $2.
SELECT part.name
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS part (name)
WHERE pg_catalog.to_regclass(part.name) IS NULL
UNION ALL
SELECT $2::pg_catalog.text
WHERE pg_catalog.to_regproc($2::pg_catalog.text) IS NULL;
