-- gen_ulid() returns a ULID as a uuid: 48 bits of milliseconds since 1970, then 80 random
-- bits (https://github.com/ulid/spec). Postgres has gen_random_uuid() since version 13;
-- the first 8 and the last 12 of its 32 hex digits are all random.
CREATE FUNCTION {{identifier .Table.Schema}}.gen_ulid() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT (
        pg_catalog.lpad(pg_catalog.to_hex((extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint), 12, '0')
        || pg_catalog.left(random.hex, 8)
        || pg_catalog.right(random.hex, 12)
    )::uuid
    FROM (SELECT pg_catalog.encode(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), 'hex') AS hex) AS random
$$;
