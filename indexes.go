package canonicallineexporter

import (
	"fmt"
	"slices"

	"canonicallineexporter/internal/copyrow"
	"canonicallineexporter/internal/index"
	"canonicallineexporter/internal/line"
)

// btree is the value of sealed that asks for exact indexes.
const btree = "btree"

// indexed returns the indexes in the form that their maintainer takes.
func (c *Config) indexed() []index.Column {
	columns := make([]index.Column, len(c.Indexes))
	for i, x := range c.Indexes {
		columns[i] = index.Column{Name: x.Column, Exact: x.Sealed == btree}
	}
	return columns
}

// unindexable are the kinds of values that have no operator class for bloom filters, or too
// few values for one.
var unindexable = []copyrow.Kind{copyrow.TextArray, copyrow.Boolean, copyrow.JSONB}

// indexes records what cannot be indexed.
func (f *faults) indexes(c *Config) {
	for i, x := range c.Indexes {
		key := fmt.Sprintf("indexes::%d", i)
		kind, known := kindOf(c, x.Column)
		f.require(known, key, "names no column")
		f.require(!slices.Contains(unindexable, kind), key, "names a column whose type no sparse index takes")
		first := slices.IndexFunc(c.Indexes, func(other IndexConfig) bool { return other.Column == x.Column })
		f.require(first == i, key, "names a column twice")
		f.require(x.Sealed == "" || x.Sealed == btree, key+"::sealed", "must be btree, or left out")
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
