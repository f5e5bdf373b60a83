package questions

import (
	"regexp"
	"strconv"
	"strings"
)

// Where Citus distributes the table, it has to see the table in every query that reads lines. It looks
// before the planner inlines functions, and a function that is inlined then reads the empty table of
// the coordinator (https://github.com/citusdata/citus/issues/981). It can plan a query with
// arguments in PL/pgSQL only. So a question becomes a function in PL/pgSQL whose query has that of the
// window in place of its call; the parts that add up lines are pushed down to the workers.

// atomic matches the body of a function in SQL and what precedes it.
var atomic = regexp.MustCompile(`(?s)LANGUAGE sql (STABLE|IMMUTABLE)[^\n]*\nBEGIN ATOMIC\n(.*?)\nEND;\n`)

const inPLpgSQL = `LANGUAGE plpgsql $1
SET search_path = pg_catalog, pg_temp
SET jit = off
SET plan_cache_mode = force_custom_plan
AS $$answer$$
#variable_conflict use_column
DECLARE
    has_history CONSTANT boolean := {{kept}};
BEGIN
    RETURN QUERY
$2
END
$$answer$$;
`

// body matches the text of the window's query.
var body = regexp.MustCompile(`(?s)LANGUAGE sql STABLE PARALLEL SAFE\nAS \$answer\$\n(.*?)\n\$answer\$;`)

// columns matches the result of the window.
var columns = regexp.MustCompile(`(?s)RETURNS TABLE \((.*?)\n\)`)

// distributed returns the definition of a function for a table that Citus distributes.
func (q question) distributed(name, definition string) string {
	window := functionStatements.Render("window.sql", q)
	query := body.FindStringSubmatch(window)[1]
	if name == "window" {
		return body.ReplaceAllStringFunc(definition, func(string) string {
			return `LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan
AS $answer$
#variable_conflict use_column
BEGIN
    RETURN QUERY
` + query + `;
END
$answer$;`
		})
	}
	var names []string
	for column := range strings.Lines(strings.TrimSpace(columns.FindStringSubmatch(window)[1])) {
		names = append(names, strings.Fields(column)[0])
	}
	call := q.Function("window").String() + "("
	if !strings.Contains(definition, call) {
		return definition
	}
	var expanded strings.Builder
	for {
		before, after, found := strings.Cut(definition, call)
		expanded.WriteString(before)
		if !found {
			break
		}
		arguments, rest := splitArguments(after)
		expanded.WriteString("(" + withArguments(query, arguments) + ") AS in_window (" + strings.Join(names, ", ") + ")")
		definition = rest
	}
	// A subquery with OFFSET would be carried out on the coordinator, and a function on the workers.
	kept := q.Function("kept").String() + "()"
	definition = strings.NewReplacer(kept, "has_history", "OFFSET bigint '0'", "").Replace(expanded.String())
	return atomic.ReplaceAllString(definition, strings.Replace(inPLpgSQL, "{{kept}}", kept, 1))
}

// parameter matches a parameter of a query.
var parameter = regexp.MustCompile(`\$[0-9]+`)

// withArguments returns a query with arguments for its parameters. Those that are left out are NULL.
func withArguments(query string, arguments []string) string {
	return parameter.ReplaceAllStringFunc(query, func(p string) string {
		if n, err := strconv.Atoi(p[1:]); err == nil && n <= len(arguments) {
			return "(" + arguments[n-1] + ")"
		}
		return "NULL::pg_catalog.text"
	})
}

// splitArguments splits the text after an opening parenthesis into the arguments before its closing
// one, and what follows that.
func splitArguments(text string) (arguments []string, rest string) {
	depth, start := 0, 0
	for i, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return append(arguments, strings.TrimSpace(text[start:i])), text[i+1:]
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			arguments = append(arguments, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	panic("a call of the window does not end")
}
