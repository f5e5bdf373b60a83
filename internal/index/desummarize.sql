-- An index over an empty table has a summary of its first range, which each of the first lines
-- would change.
SELECT pg_catalog.brin_desummarize_range(pg_catalog.to_regclass($1), 0);
