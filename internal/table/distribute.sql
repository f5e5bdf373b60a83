-- Shards are kept by the id, which a key that keeps a line from being stored twice contains.
SELECT pg_catalog.create_distributed_table({{literal .String}}, 'id');
