package line

import "net/mail"

// The attributes that tell who made the request
// (https://opentelemetry.io/docs/specs/semconv/registry/attributes/user/).
const (
	userID    = "user.id"
	userEmail = "user.email"
	endUserID = "enduser.id"
)

// accountID is the user's id, if it is a UUID.
func (r *reading) accountID() Value {
	for _, key := range []string{userID, endUserID} {
		if id, ok := parseID(r.firstBelow(key)); ok {
			return uuidValue(id)
		}
	}
	return null
}

// accountEmail is the user's address; enduser.id counts if it has the shape of
// one.
func (r *reading) accountEmail() Value {
	if email := r.firstBelow(userEmail); email != "" {
		return textValue(email)
	}
	id := r.firstBelow(endUserID)
	if parsed, err := mail.ParseAddress(id); err == nil && parsed.Address == id {
		return textValue(id)
	}
	return null
}
