package line

import "canonicallineexporter/schema"

// Repairs counts what had to be changed of values for Postgres to take them.
type Repairs struct {
	// Characters: values with invalid UTF-8 or NUL, which became U+FFFD.
	Characters int
	// Length: values that were cut to their column's width.
	Length int
	// JSON: values that jsonb refuses, numbers of more digits than it holds or
	// nesting without end, and what is no JSON at all; they became JSON strings.
	JSON int
}

// finish makes a value one that Postgres takes, and takes secrets out of it.
func (r *reading) finish(v *Value, i int) {
	c := &r.columns[i]
	switch v.kind {
	case schema.Text:
		if c.redact != nil {
			if v.text = c.redact(r.redact, v.text); v.text == "" {
				*v = null
				return
			}
		}
		v.text = r.text(v.text, c.Type.Width, &r.repairs[i])
	case schema.TextArray:
		for n, s := range *v.list {
			(*v.list)[n] = r.text(s, c.Type.Width, &r.repairs[i])
		}
	case schema.JSONB:
		if v.number != jsonWritten {
			v.text = r.document(v.text, 0, &r.repairs[i])
		}
	default:
	}
}

// text is s without secrets, as a varchar of this width holds it.
func (r *reading) text(s string, width int, repairs *Repairs) string {
	if len(s) <= width && plain(s) {
		return s
	}
	s = r.redact.urls(s)
	cleaned := clean(s)
	if cleaned != s {
		repairs.Characters++
	}
	fitted := fit(cleaned, width)
	if fitted != cleaned {
		repairs.Length++
	}
	return fitted
}
