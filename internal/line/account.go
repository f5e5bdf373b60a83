package line

import "net/mail"

// accountID is the user's id, if it is a UUID.
func (r *reading) accountID() Value {
	for _, key := range []string{"user.id", "enduser.id"} {
		if id, ok := parseID(r.first(key)); ok {
			return uuidValue(id)
		}
	}
	return null
}

// accountEmail is the user's address; enduser.id counts if it has the shape of
// one.
func (r *reading) accountEmail() Value {
	if email := r.first("user.email"); email != "" {
		return textValue(email)
	}
	id := r.first("enduser.id")
	if parsed, err := mail.ParseAddress(id); err == nil && parsed.Address == id {
		return textValue(id)
	}
	return null
}
