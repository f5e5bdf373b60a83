package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// substitution matches what the collector puts something in the place of: ${env:DATABASE_URL}.
const substitution = `\$\{[^}]+\}`

// durationPattern is what mdatagen takes for a duration. Go's has more forms.
const durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`

const (
	duration = `^([0-9]*[.]?[0-9]+(ns|us|µs|μs|ms|s|m|h))+$|^0$`
	size     = `^[0-9]+([.][0-9]+)? ?([kKmMgGtTpP][iI]?)?[bB]?$`
)

// sizes are the settings that take a number with a unit, by their path.
var sizes = []string{"partitions.max_size", "request_payload.max_bytes"}

// indexSchema is that of an index that is more than the name of its column. mdatagen takes no
// list of either.
var indexSchema = map[string]any{
	"type": "object", "required": []string{"column"}, "additionalProperties": false,
	"properties": map[string]any{
		"column": map[string]any{"type": "string", "description": "Name of the column."},
		"sealed": map[string]any{
			"enum":        []string{"btree"},
			"description": "btree replaces the sparse index by an exact one once the partition's time is over.",
		},
	},
}

// completeSchema returns the schema in the file with what mdatagen does not know: only the
// keys that exist are allowed, any value may be a substitution, objects may be left empty,
// and a duration of 0 needs no unit.
func completeSchema(file string) (string, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller names it
	if err != nil {
		return "", err
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	completeNode("", schema)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(schema)
	return b.String(), err
}

// completeNode completes one part of the schema.
func completeNode(path string, node map[string]any) {
	kind, plain := node["type"].(string)
	if !plain {
		return
	}
	if properties, ok := node["properties"].(map[string]any); ok {
		node["additionalProperties"] = false
		for name, property := range properties {
			below := name
			if path != "" {
				below = path + "." + name
			}
			completeNode(below, property.(map[string]any)) //nolint:forcetypeassert // a schema
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below, ok := node[key].(map[string]any); ok {
			completeNode(path+".*", below)
		}
	}
	if values, ok := node["enum"]; ok {
		delete(node, "enum")
		delete(node, "type")
		node["anyOf"] = []any{map[string]any{"enum": values}, map[string]any{"type": "string", "pattern": substitution}}
		return
	}
	switch pattern, restricted := node["pattern"].(string); {
	case path == "indexes.*":
		node["anyOf"] = []any{map[string]any{"type": "string"}, indexSchema}
		delete(node, "type")
	case pattern == durationPattern:
		node["type"], node["pattern"], node["maximum"] = []string{"string", "integer"}, duration+"|"+substitution, 0
	case kind == "string" && restricted:
		node["pattern"] = pattern + "|" + substitution
	case kind == "string":
	case slices.Contains(sizes, path):
		node["type"], node["pattern"] = []string{kind, "string"}, size+"|"+substitution
	case path == "database":
		node["type"], node["pattern"] = []string{kind, "string"}, substitution
		node["anyOf"] = []any{
			map[string]any{"required": []string{"url"}}, map[string]any{"required": []string{"host"}}, map[string]any{"type": "string"},
		}
	case path == "columns.*":
	case kind == "object" || kind == "array":
		node["type"], node["pattern"] = []string{kind, "string", "null"}, substitution
	default:
		node["type"], node["pattern"] = []string{kind, "string"}, substitution
	}
}
