package line

import (
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
)

// parseID reads the three spellings of a 128-bit id: a UUID, 32 hex digits, a
// ULID of 26 characters (https://github.com/ulid/spec). Each may stand in double
// quotes, as an Idempotency-Key should
// (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header).
func parseID(s string) (id [16]byte, ok bool) {
	s = strings.Trim(strings.TrimSpace(s), `"`)
	switch len(s) {
	case 26:
		parsed, err := ulid.ParseStrict(strings.ToUpper(s))
		return parsed, err == nil
	case 32:
		_, err := hex.Decode(id[:], []byte(s))
		return id, err == nil
	case 36:
		parsed, err := uuid.Parse(s)
		return parsed, err == nil
	default:
		return id, false
	}
}
