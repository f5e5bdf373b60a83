package line

import (
	"net/mail"

	"canonicallineexporter/schema"
)

// accountEmail is the user's address; enduser.id counts if it has the shape of
// one.
func (r *reading) accountEmail() Value {
	for _, a := range []attribute{userEmail, endUserID} {
		if v := r.lookUp(a, schema.Text, true, false); !v.IsNull() && (a == userEmail || isAddress(v.text)) {
			return v
		}
	}
	return null
}

func isAddress(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s
}
