package line

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"canonicallineexporter/internal/convention"
)

// alias is an attribute of another convention, with the attributes that it means and that
// have to be beside it.
type alias struct {
	convention.Attribute
	means, with attribute
}

// aliasValue is the value of an alias on the current span.
type aliasValue struct {
	*alias
	value pcommon.Value
}

// newAliases returns the attributes of other conventions by name.
func (m *Mapper) newAliases() map[string]*alias {
	aliases := make(map[string]*alias, len(convention.Attributes))
	for _, a := range convention.Attributes {
		to := &alias{Attribute: a, means: m.attribute(a.Means)}
		if a.With != "" {
			to.with = m.attribute(a.With)
		}
		aliases[a.Name] = to
	}
	return aliases
}

// translate sets the attributes that the aliases on the span mean, unless the span has them.
func (r *resolver) translate() {
	for _, a := range r.aliased {
		if r.server.values[a.means] != (pcommon.Value{}) || a.With != "" && r.server.values[a.with] == (pcommon.Value{}) {
			continue
		}
		if a.Says(textOf(a.value)) {
			r.server.put(a.means, a.value)
			r.fed |= r.Mapper.fed[a.means]
		}
	}
}
