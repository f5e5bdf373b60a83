-- $1 is an identifier that the caller has quoted. COMMENT takes no parameters:
-- the server writes the literal itself.
SELECT 'COMMENT ON TABLE ' || $1::text || ' IS ' || quote_literal($2::text);
