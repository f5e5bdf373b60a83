-- Stores staged lines that are new. Unlike COPY it may write a table with row level security,
-- and unlike the upsert it needs no policy but that of INSERT.
INSERT INTO {{.Table}} ({{identifiers .Names}})
SELECT {{identifiers .Names}}
FROM {{.Staging}};
