package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// answer is what a statement returned. A nil value is NULL.
type answer struct {
	fields []pgconn.FieldDescription
	rows   [][][]byte
}

// numbers are the types whose values stand on the right of their column.
var numbers = []uint32{
	pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID, pgtype.OIDOID,
}

// table lays out an answer in columns with a heading.
func table(a answer) string {
	if len(a.fields) == 0 {
		return ""
	}
	widths := make([]int, len(a.fields))
	for i, field := range a.fields {
		widths[i] = utf8.RuneCountInString(field.Name)
		for _, row := range a.rows {
			widths[i] = max(widths[i], utf8.RuneCount(row[i]))
		}
	}
	var out strings.Builder
	cells := make([]string, len(widths))
	for i, width := range widths {
		name := a.fields[i].Name
		left := (width - utf8.RuneCountInString(name)) / 2
		cells[i] = fmt.Sprintf(" %-*s ", width, strings.Repeat(" ", left)+name)
	}
	out.WriteString(strings.TrimRight(strings.Join(cells, "|"), " ") + "\n")
	for i, width := range widths {
		cells[i] = strings.Repeat("-", width+2)
	}
	out.WriteString(strings.Join(cells, "+") + "\n")
	for _, row := range a.rows {
		for i, width := range widths {
			if slices.Contains(numbers, a.fields[i].DataTypeOID) {
				cells[i] = fmt.Sprintf(" %*s ", width, row[i])
			} else {
				cells[i] = fmt.Sprintf(" %-*s ", width, row[i])
			}
		}
		out.WriteString(strings.TrimRight(strings.Join(cells, "|"), " ") + "\n")
	}
	plural := "s"
	if len(a.rows) == 1 {
		plural = ""
	}
	return out.String() + fmt.Sprintf("(%d row%s)\n\n", len(a.rows), plural)
}

// list lays out each row as a list of its columns and their values.
func list(a answer) string {
	width := 0
	for _, field := range a.fields {
		width = max(width, utf8.RuneCountInString(field.Name))
	}
	var out strings.Builder
	for n, row := range a.rows {
		fmt.Fprintf(&out, "-[ RECORD %d ]%s\n", n+1, strings.Repeat("-", width))
		for i, field := range a.fields {
			out.WriteString(strings.TrimRight(fmt.Sprintf("%-*s | %s", width, field.Name, row[i]), " ") + "\n")
		}
	}
	return out.String() + "\n"
}

// values lays out the values alone, those of a row with a bar between them.
func values(a answer) string {
	var out strings.Builder
	for _, row := range a.rows {
		cells := make([]string, len(row))
		for i := range row {
			cells[i] = string(row[i])
		}
		out.WriteString(strings.Join(cells, "|") + "\n")
	}
	return out.String()
}
