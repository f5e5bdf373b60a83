-- Which parts of the history of $1 are missing.
SELECT part.name
FROM pg_catalog.unnest($1::pg_catalog.text[]) AS part (name)
WHERE pg_catalog.to_regclass(part.name) IS NULL;
