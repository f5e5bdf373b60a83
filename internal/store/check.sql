-- Holds off changes of the table until the transaction ends, and makes sure that there were
-- none since it was read: COPY would take the bytes of one type for those of another, and
-- without its key a line could be stored twice. A cast that finds no table (42P01) is a
-- cheaper way to say so than a function that raises an error.
LOCK TABLE ONLY {{.Table}} IN ROW EXCLUSIVE MODE;
SELECT CASE WHEN pg_catalog.bit_xor(pg_catalog.hashtextextended(attname::text, atttypid::bigint * 65536 + atttypmod)) = {{.Fingerprint}}
        AND pg_catalog.pg_index_has_property({{.Key.Index}}::oid::pg_catalog.regclass, 'index_scan') IS NOT NULL
    THEN NULL ELSE '"as the table was when it was read"'::text::pg_catalog.regclass END
FROM pg_catalog.pg_attribute
WHERE attrelid = {{literal .Table.String}}::pg_catalog.regclass::oid
    AND attnum > 0
    AND NOT attisdropped
    AND attgenerated = '';
