-- Goes through the partitions one by one, the newest first, and stops once it has enough; one
-- query over all of them would read all. It looks where an index serves, and reads what has
-- none only if that finds nothing.
--
-- It reads the table and not its partitions: who asks may have a privilege on the table alone,
-- and its policies apply. The bounds of a partition leave only that one.
--
-- To the planner a sparse index is never worth more than reading everything if values are not
-- in the order of the table, so the function forbids other ways where an index serves. The
-- primary key would be one, with an entry for each line of a partition: the price of an entry
-- keeps the planner from it, and so does a window that it does not recognise. Neither JIT nor
-- workers are worth their start. All of these settings end with the function.
{{.Create}} FUNCTION {{.Function "look_up"}}(
    value text,
    columns text[],
    since interval DEFAULT NULL,
    until timestamptz DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    at timestamptz,
    found_in text,
    line json
)
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
SET max_parallel_workers_per_gather = 0
SET enable_seqscan = on
SET enable_bitmapscan = on
SET enable_indexscan = on
SET cpu_index_tuple_cost = 0.005
AS $answer$
#variable_conflict use_column
DECLARE
    lines CONSTANT regclass := {{literal .Table.String}};
    -- An Idempotency-Key may stand in double quotes.
    given CONSTANT text := btrim(btrim(value), '"');
    hex CONSTANT text := lower(replace(given, '-', ''));
    bits bit varying := '';
    letter text;
    as_uuid uuid;
    as_inet inet;
    opens CONSTANT timestamptz := coalesce(((coalesce(until, now()) AT TIME ZONE 'UTC') - since) AT TIME ZONE 'UTC', '-infinity');
    closes CONSTANT timestamptz := coalesce(until, 'infinity');
    said timestamptz;
    windows tstzrange[] := ARRAY[tstzrange(opens, closes)];
    within tstzrange;
    names text[];
    tests text[];
    known boolean[];
    by_index boolean;
    part record;
    condition text;
    answer text;
    newest text;
    looked bigint := 0;
    matched bigint;
    found_now bigint;
    found_all bigint := 0;
BEGIN
    IF hex ~ '^[0-9a-f]{32}$' THEN
        as_uuid := hex::uuid;
    ELSIF given ~* '^[0-7][0-9a-hjkmnp-tv-z]{25}$' THEN
        -- A ULID: 26 letters of 5 bits, of which the first two are zero.
        FOREACH letter IN ARRAY string_to_array(upper(given), NULL) LOOP
            bits := bits || (strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', letter) - 1)::bit(5);
        END LOOP;
        SELECT string_agg(to_hex(substring(bits FROM 3 + 4 * digit FOR 4)::bit(4)::integer), '' ORDER BY digit)::uuid
        INTO as_uuid
        FROM generate_series(0, 31) AS digits (digit);
    END IF;
    IF given ~* '^[0-9a-f.:]*[.:][0-9a-f.:]*(/[0-9]+)?$' THEN
        BEGIN
            as_inet := given::inet;
        EXCEPTION WHEN data_exception THEN
            NULL; -- it only looked like an address
        END;
    END IF;

    IF as_uuid IS NOT NULL THEN
        -- The time in a ULID, in a UUID of version 7 and in the id of a line.
        said := timestamptz 'epoch' + ('x' || left(replace(as_uuid::text, '-', ''), 12))::bit(48)::bigint * interval '1 ms';
        IF columns IS NULL OR 'id' = ANY (columns) THEN
            RETURN QUERY EXECUTE format(
                'SELECT found.created_at, ''id'', to_json(found.*) FROM %s AS found
                WHERE found.created_at >= $2 AND found.created_at < $3 AND found.created_at > $4 AND found.created_at <= $5 AND found.id = $1',
                lines
            ) USING as_uuid, said - interval '1 ms', said + interval '2 ms', opens, closes; -- gen_ulid() rounds
            IF FOUND THEN
                RETURN;
            END IF;
        END IF;
        -- A request ends after its id was made. Clocks differ; the whole window comes next.
        IF said > opens AND said < least(closes, now() + interval '1 day') THEN
            windows := tstzrange(greatest(opens, said - interval '10 min'), least(closes, said + interval '1 hour')) || windows;
        END IF;
    END IF;

    -- The columns that can hold the value, and how. Those that are known are looked at whether
    -- they have an index or not.
    SELECT array_agg(name), array_agg(test), array_agg(columns IS NOT NULL OR name = ANY (
        '{request_id,trace_id,span_id,account_id,account_email,idempotency_key,http_path,ip}'
    ))
    INTO names, tests, known
    FROM (
        SELECT attname::text AS name, format(CASE
            WHEN attname = 'trace_id' THEN CASE
                WHEN as_uuid IS NOT NULL OR hex ~ '^[0-9a-f]{16}$' THEN 'found.%1$I = $2'
            END
            WHEN attname = 'span_id' THEN CASE WHEN hex ~ '^[0-9a-f]{16}$' THEN 'found.%1$I = $3' END
            WHEN attname ~ 'email$' AND strpos(given, '@') = 0 OR attname ~ 'path$' AND NOT starts_with(given, '/') THEN NULL
            WHEN atttypid = 'uuid'::regtype THEN CASE WHEN as_uuid IS NOT NULL THEN 'found.%1$I = $1' END
            WHEN atttypid = 'inet'::regtype THEN CASE
                WHEN masklen(as_inet) = masklen(host(as_inet)::inet) THEN 'found.%1$I = $5'
                WHEN as_inet IS NOT NULL THEN 'found.%1$I <<= $5'
            END
            WHEN atttypid = 'bigint'::regtype THEN CASE WHEN given ~ '^[0-9]{1,18}$' THEN 'found.%1$I = $4::bigint' END
            WHEN atttypid = 'integer'::regtype THEN CASE WHEN given ~ '^[0-9]{1,9}$' THEN 'found.%1$I = $4::integer' END
            WHEN atttypid NOT IN ('text'::regtype, 'varchar'::regtype) THEN NULL
            WHEN lower(given) = given THEN 'found.%1$I = $4'
            ELSE 'found.%1$I = $4 OR found.%1$I = lower($4)'
        END, attname) AS test
        FROM pg_attribute
        WHERE attrelid = lines AND attnum > 0 AND NOT attisdropped AND (columns IS NULL OR attname = ANY (columns))
    ) AS tested
    WHERE test <> '' AND name <> 'id';

    FOREACH within IN ARRAY windows LOOP
        FOREACH by_index IN ARRAY ARRAY[true, false] LOOP
            FOR part IN
                SELECT since, until, indexed
                FROM {{.Function "partitions"}}()
                WHERE until >= lower(within) AND since <= upper(within)
            LOOP
                SELECT
                    string_agg(test, ' OR '),
                    format('SELECT found.created_at, concat_ws('', '', %s), to_json(found.*) FROM ', string_agg(format('CASE WHEN %s THEN %L END', test, name), ', '))
                INTO condition, answer
                FROM unnest(names, tests, known) AS tested (name, test, known)
                WHERE (name = ANY (part.indexed) AND strpos(test, '<<=') = 0) = by_index AND (by_index OR known);
                CONTINUE WHEN condition IS NULL;

                IF by_index AND looked = 0 AND top IS NOT NULL THEN
                    -- What is frequent stands in the newest lines often enough.
                    PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
                        set_config('enable_indexscan', 'on', true), set_config('cpu_index_tuple_cost', '0.005', true);
                    newest := format(
                        '(SELECT * FROM %s AS line WHERE line.created_at >= $6 AND line.created_at < $7 AND line.created_at > $8 AND line.created_at <= $9
                        ORDER BY line.created_at DESC LIMIT 10000) AS found', lines
                    );
                    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE %s) FROM %s', condition, newest)
                        INTO looked, matched
                        USING as_uuid, lpad(hex, 32, '0'), hex, given, as_inet, part.since, part.until, lower(within), upper(within);
                    IF matched >= top THEN
                        RETURN QUERY EXECUTE format('%s %s WHERE %s ORDER BY found.created_at DESC LIMIT $10', answer, newest, condition)
                            USING as_uuid, lpad(hex, 32, '0'), hex, given, as_inet, part.since, part.until, lower(within), upper(within), top;
                        RETURN;
                    END IF;
                END IF;

                PERFORM set_config('enable_seqscan', CASE WHEN by_index THEN 'off' ELSE 'on' END, true),
                    set_config('enable_bitmapscan', 'on', true),
                    set_config('enable_indexscan', CASE WHEN by_index THEN 'off' ELSE 'on' END, true),
                    set_config('cpu_index_tuple_cost', CASE WHEN by_index THEN '1000' ELSE '0.005' END, true);
                RETURN QUERY EXECUTE format(
                    '%s %s AS found WHERE (%s) AND found.created_at >= $6 AND found.created_at < $7 AND %s ORDER BY found.created_at DESC LIMIT $10',
                    answer, lines, condition, CASE
                        WHEN by_index THEN 'timezone(''UTC'', found.created_at) > timezone(''UTC'', $8) AND timezone(''UTC'', found.created_at) <= timezone(''UTC'', $9)'
                        ELSE 'found.created_at > $8 AND found.created_at <= $9'
                    END
                ) USING as_uuid, lpad(hex, 32, '0'), hex, given, as_inet, part.since, part.until, lower(within), upper(within), top - found_all;
                GET DIAGNOSTICS found_now = ROW_COUNT;
                found_all := found_all + found_now;
                IF found_all >= top THEN
                    RETURN;
                END IF;
            END LOOP;
            IF found_all > 0 THEN
                RETURN;
            END IF;
        END LOOP;
    END LOOP;
END
$answer$;
COMMENT ON FUNCTION {{.Function "look_up"}} IS
'In which lines does a value stand? The latest lines, at most top of them (NULL: all), each with the columns that hold the value; columns says where to look, NULL means wherever it fits. For questions of your own.{{.Mark}}';
