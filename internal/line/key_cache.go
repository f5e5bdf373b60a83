package line

import "strings"

// key says what the name of an attribute means to a mapper.
type key struct {
	name      string
	attribute attribute
	known     bool
	// alias is what the attribute means if it follows another convention.
	alias *alias
	// statistic and header name the statistic and the header that it sets; empty: none.
	statistic, header string
}

// maxKeys is the most keys that a cache holds.
const maxKeys = 64

// keyCache holds the keys of the last span by place. The spans of a service have the same
// attributes in the same places, so most keys need no lookup.
type keyCache []key

// at returns the key of this name at this place. The places of a span have to come in
// order.
func (c *keyCache) at(place int, name string, m *Mapper) *key {
	if place < len(*c) && (*c)[place].name == name {
		return &(*c)[place]
	}
	k := key{name: name}
	k.attribute, k.known = m.attributes[name]
	k.alias = m.aliases[name]
	if statistic, ok := strings.CutPrefix(name, m.statisticPrefix); ok {
		k.statistic = statistic
	} else if header, ok := headerName(name); ok && m.selected(header) {
		k.header = header
	}
	switch {
	case place < len(*c):
		(*c)[place] = k
	case place < maxKeys:
		*c = append(*c, k)
	default:
		return &k
	}
	return &(*c)[place]
}
