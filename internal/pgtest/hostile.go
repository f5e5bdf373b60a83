package pgtest

import "testing"

// hostile is a schema that has, under the name of almost every built-in function, one with
// the same parameters that fails, and operators that fit better than the built-in ones.
const hostile = `
CREATE SCHEMA hostile;
DO $hostile$
DECLARE
    f record;
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
END
$hostile$;
CREATE FUNCTION hostile.obj_description(oid, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile''; END';
CREATE FUNCTION hostile.equal(oid, regclass) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE FUNCTION hostile.equal(oid, regproc) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE FUNCTION hostile.equal(oid, regnamespace) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE FUNCTION hostile.field(jsonb, jsonb) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE ''hostile operator''; END';
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = hostile.equal);
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = regproc, FUNCTION = hostile.equal);
CREATE OPERATOR hostile.= (LEFTARG = oid, RIGHTARG = regnamespace, FUNCTION = hostile.equal);
CREATE OPERATOR hostile.-> (LEFTARG = jsonb, RIGHTARG = jsonb, FUNCTION = hostile.field);
`

// HostilePath is the search_path in which the schema that AddHostileSchema makes comes first,
// before the built-in functions.
const HostilePath = "hostile, pg_catalog, public"

// AddHostileSchema makes the schema hostile, in which built-in functions fail.
func (d *Database) AddHostileSchema(t testing.TB) {
	t.Helper()
	d.Exec(t, hostile)
}

// hostileOperators is a schema that has every built-in operator and type under its own name,
// and operators over the types for which the built-in ones need a cast. The operators fail,
// and the types take no value.
const hostileOperators = `
CREATE SCHEMA hostile;
DO $hostile$
DECLARE
    o record;
BEGIN
    FOR o IN
        SELECT oprname, oprleft, oprright, format_type(oprresult, NULL) AS result
        FROM pg_operator
        WHERE oprnamespace = 'pg_catalog'::regnamespace
        UNION
        SELECT name, l::regtype::oid, r::regtype::oid, CASE name WHEN '||' THEN 'text' WHEN '->' THEN 'jsonb' ELSE 'boolean' END
        FROM unnest('{=,<>,<,>,<=,>=,||,->,@>,~~}'::text[]) AS name,
            unnest('{varchar,text,name,"\"char\"",oid,regclass,regtype,regnamespace,jsonb}'::text[]) AS l,
            unnest('{varchar,text,name,"\"char\"",oid,regclass,regtype,regnamespace,jsonb}'::text[]) AS r
    LOOP
        BEGIN
            EXECUTE format('CREATE FUNCTION hostile.operate(%s) RETURNS %s LANGUAGE plpgsql AS $$ BEGIN RAISE ''hostile operator %s''; END $$',
                concat_ws(', ', NULLIF(o.oprleft, 0)::regtype, o.oprright::regtype), o.result, replace(o.oprname, '%', '%%'));
            EXECUTE format('CREATE OPERATOR hostile.%s (%s RIGHTARG = %s, FUNCTION = hostile.operate)',
                o.oprname, 'LEFTARG = ' || NULLIF(o.oprleft, 0)::regtype || ',', o.oprright::regtype);
        EXCEPTION WHEN duplicate_function THEN
            -- Another operator of the same parameters.
            BEGIN
                EXECUTE format('CREATE OPERATOR hostile.%s (%s RIGHTARG = %s, FUNCTION = hostile.operate)',
                    o.oprname, 'LEFTARG = ' || NULLIF(o.oprleft, 0)::regtype || ',', o.oprright::regtype);
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
        WHEN OTHERS THEN
            NULL; -- not every type has values
        END;
    END LOOP;
    FOR o IN
        SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype = 'b' AND typname !~ '^_'
    LOOP
        EXECUTE format('CREATE DOMAIN hostile.%I AS pg_catalog.int4 CHECK (false)', o.typname);
    END LOOP;
END
$hostile$;
`

// AddHostileOperators makes the schema hostile, in which built-in operators fail and types
// take no value.
func (d *Database) AddHostileOperators(t testing.TB) {
	t.Helper()
	d.Exec(t, hostileOperators)
}
