package pgtest

import "testing"

// hostile is a schema that has, under the name of almost every built-in function, one with
// the same parameters that fails; under that of every built-in type one that takes no value;
// and operators that fail, over the types of the built-in ones and over every pair of types for
// which those need a conversion.
const hostile = `
CREATE SCHEMA hostile;
DO $hostile$
DECLARE
    types CONSTANT regtype[] := '{varchar,name,text,text[],"\"char\"",timestamptz,timestamp,interval,interval[],jsonb,json,
        numeric,integer,bigint,float8,inet,uuid,oid,regclass,regtype,regproc,regnamespace}';
    names CONSTANT text[] := '{=,<>,<,>,<=,>=,~,~*,~~,?,@>,+,-,*,/,||,->,->>}';
    f record;
    o record;
    name text;
BEGIN
    FOR f IN
        SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, pg_get_function_result(oid) AS result
        FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS $$ BEGIN RAISE ''hostile function''; END $$',
                f.proname, f.arguments, f.result);
        EXCEPTION WHEN OTHERS THEN
            NULL; -- not every type has values
        END;
    END LOOP;
    CREATE FUNCTION hostile.obj_description(oid, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile''; END';

    FOR o IN
        SELECT l, r, array_agg(DISTINCT operator) AS names
        FROM (
            SELECT NULLIF(oprleft, 0)::regtype AS l, oprright::regtype AS r, oprname::text AS operator
            FROM pg_operator
            WHERE oprnamespace = 'pg_catalog'::regnamespace
            UNION ALL
            SELECT l, r, operator FROM unnest(types) AS l, unnest(types) AS r, unnest(names) AS operator
        ) AS operators
        GROUP BY l, r
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION hostile.operate(%s) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE ''hostile operator''; END $$',
                concat_ws(', ', o.l, o.r));
            FOREACH name IN ARRAY o.names LOOP
                EXECUTE format('CREATE OPERATOR hostile.%s (%s RIGHTARG = %s, FUNCTION = hostile.operate)',
                    name, 'LEFTARG = ' || o.l || ',', o.r);
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            NULL; -- not every type has values
        END;
    END LOOP;

    FOR name IN
        SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typname !~ '^_'
    LOOP
        EXECUTE format('CREATE DOMAIN hostile.%I AS pg_catalog.int4 CHECK (false)', name);
    END LOOP;
END
$hostile$;
`

// HostilePath is the search_path in which the schema that AddHostileSchema makes comes first,
// before what is built in.
const HostilePath = "hostile, pg_catalog, public"

// AddHostileSchema makes the schema hostile, in which functions, operators and types have the
// names of built-in ones and fail.
func (d *Database) AddHostileSchema(t testing.TB) {
	t.Helper()
	d.Exec(t, hostile)
}
