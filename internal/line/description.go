package line

import (
	"strings"

	"canonicallineexporter/internal/table"
)

// Description describes a built-in column for documentation.
type Description struct {
	table.Column
	// Attributes names the attributes that feed the column, in order. It holds a captured
	// header once, as "header x-request-id" or "response header x-request-id".
	Attributes []string
	// Descendants says that Attributes are looked up on INTERNAL descendants too,
	// OfResource that they are looked up on the resource alone.
	Descendants, OfResource bool
	// Fixed says that neither the application nor the configuration can set the column.
	Fixed bool
	// Rule completes the attributes; it can be empty.
	Rule string
}

// Descriptions returns the descriptions of the built-in columns in the order of the
// table.
func Descriptions() []Description {
	all := make([]Description, len(columns))
	for i, c := range columns {
		all[i] = Description{
			Column: c.Column, Descendants: c.descendants, OfResource: c.ofResource,
			Fixed: c.fixed && !c.ofDatabase, Rule: c.rule,
		}
		seen := map[string]bool{}
		for _, a := range c.from {
			name := "`" + attributeNames[a] + "`"
			if header, ok := headerName(attributeNames[a]); ok {
				name = "header " + header
			} else if header, ok := strings.CutPrefix(attributeNames[a], responseHeaderPrefix); ok {
				name = "response header " + normalizeHeader(header)
			}
			if !seen[name] {
				all[i].Attributes = append(all[i].Attributes, name)
			}
			seen[name] = true
		}
	}
	return all
}
