package page

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"canonicallineexporter/internal/database"
	"canonicallineexporter/internal/table"
)

// call is a question: a function of the table, its arguments, and what is taken of the result.
// Two equal calls have the same answer for seconds.
type call struct {
	// function is the name without the table's name, as in questions.Names.
	function  string
	arguments []argument
	// rest follows the call in the statement; it is part of the program.
	rest string
	// fresh is how long the answer may be given again; 0 is freshFor.
	fresh time.Duration
}

// argument is a value for a parameter. Postgres reads it as the type.
type argument struct {
	name, value, kind string
}

func interval(name string, d time.Duration) argument {
	return argument{name, strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " seconds", "interval"}
}

func instant(name string, t time.Time) argument {
	return argument{name, t.UTC().Format("2006-01-02 15:04:05.999999Z07:00"), "timestamptz"}
}

// top is how many rows a function returns at most.
func top(n int) argument { return argument{"top", strconv.Itoa(n), "int4"} }

func isTrue(name string) argument { return argument{name, "true", "bool"} }

func text(name, value string) argument { return argument{name, value, "text"} }

// with returns the call with more arguments.
func (c call) with(more ...argument) call {
	c.arguments = append(c.arguments[:len(c.arguments):len(c.arguments)], more...)
	return c
}

// statement returns the SQL for a table and the values of its parameters.
func (c call) statement(of table.Name) (sql string, values []any) {
	var list []string
	for i, a := range c.arguments {
		list = append(list, database.QuoteIdentifier(a.name)+" => $"+strconv.Itoa(i+1)+"::pg_catalog."+a.kind)
		values = append(values, a.value)
	}
	name := of.Sibling(of.Name + "_" + c.function)
	return "SELECT * FROM " + name.String() + "(" + strings.Join(list, ", ") + ")" + c.rest, values
}

// plain matches what needs no quotes.
var plain = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// shown returns the SQL to paste into psql, for a table.
func (c call) shown(of table.Name) string {
	var list []string
	for _, a := range c.arguments {
		value := database.QuoteLiteral(a.value)
		if a.kind == "int4" || a.kind == "bool" {
			value = a.value
		}
		list = append(list, a.name+" => "+strings.TrimSpace(value))
	}
	name := of.Sibling(of.Name + "_" + c.function)
	shown := name.String()
	if plain.MatchString(name.Name) && (name.Schema == "" || plain.MatchString(name.Schema)) {
		shown = strings.TrimPrefix(name.Schema+"."+name.Name, ".")
	}
	return "SELECT * FROM " + shown + "(" + strings.Join(list, ", ") + ")" + c.rest
}

// key tells calls apart.
func (c call) key() string {
	var b strings.Builder
	b.WriteString(c.function + c.rest)
	for _, a := range c.arguments {
		b.WriteString("\x00" + a.name + "\x00" + a.value)
	}
	return b.String()
}
