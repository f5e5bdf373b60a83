-- Makes sure that the table is as it was when it was read, the widths of its columns among the
-- rest: a row that is too long for a narrower one is not at fault. The transaction has read
-- the table, so it cannot change until the transaction ends. A cast that finds no table (42P01)
-- is a cheaper way to say so than a function that raises an error.
SELECT CASE WHEN pg_catalog.bit_xor(pg_catalog.hashtextextended(attname::pg_catalog.text,
        atttypid::bigint OPERATOR(pg_catalog.*) 65536 OPERATOR(pg_catalog.+) atttypmod)) OPERATOR(pg_catalog.=) {{.Fingerprint}}
        AND pg_catalog.pg_index_has_property({{.Key.Index}}::pg_catalog.oid::pg_catalog.regclass, 'index_scan') IS NOT NULL
    THEN NULL ELSE '"as the table was when it was read"'::pg_catalog.text::pg_catalog.regclass END
FROM pg_catalog.pg_attribute
WHERE attrelid OPERATOR(pg_catalog.=) {{literal .Table.String}}::pg_catalog.regclass::pg_catalog.oid
    AND attnum OPERATOR(pg_catalog.>) 0
    AND NOT attisdropped
    AND attgenerated OPERATOR(pg_catalog.=) '';
