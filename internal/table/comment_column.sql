-- $1 is an identifier that the caller has quoted.
SELECT 'COMMENT ON COLUMN ' || $1::text || ' IS ' || quote_literal($2::text);
