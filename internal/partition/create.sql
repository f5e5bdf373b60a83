-- PARTITION OF would take ACCESS EXCLUSIVE on the parent and queue every write
-- behind one long SELECT; ATTACH of a table made beforehand takes SHARE UPDATE
-- EXCLUSIVE. The parent's indexes are copied with LIKE, so that ATTACH adopts
-- them, and the empty table makes its check of the bounds instant.
CREATE TABLE {{.Partition}} (LIKE {{.Table}} INCLUDING ALL);
ALTER TABLE {{.Table}} ATTACH PARTITION {{.Partition}}
    FOR VALUES FROM ('{{.From}}') TO ('{{.To}}');
