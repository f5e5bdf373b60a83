package canonicallineexporter

import (
	"fmt"
	"slices"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/line"
)

// indexed returns the indexes in the form that their maintainer takes.
func (c *Config) indexed() []index.Column {
	columns := make([]index.Column, len(c.Indexes))
	for i, name := range c.Indexes {
		columns[i] = index.Column{Name: name}
	}
	return columns
}

// unindexable are the kinds of values that have no operator class for bloom filters, or too
// few values for one.
var unindexable = []copyrow.Kind{copyrow.TextArray, copyrow.Boolean, copyrow.JSONB}

// indexes records what cannot be indexed.
func (f *faults) indexes(c *Config) {
	for i, name := range c.Indexes {
		key := fmt.Sprintf("indexes::%d", i)
		kind, known := kindOf(c, name)
		f.require(known, key, "names no column")
		f.require(!slices.Contains(unindexable, kind), key, "names a column whose type no sparse index takes")
		f.require(slices.Index(c.Indexes, name) == i, key, "names a column twice")
	}
}

// kindOf returns the kind of the values of a column, and whether there is one of the name.
func kindOf(c *Config, name string) (kind copyrow.Kind, known bool) {
	for _, column := range line.Columns() {
		if column.Name == name {
			return column.Type.Kind, true
		}
	}
	own, known := c.Columns[name]
	parsed, err := copyrow.ParseType(own.Type)
	return parsed.Kind, known && err == nil
}
