package copyrow

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgtype"
)

// These are the address families of inet on the wire
// (https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/utils/inet.h).
const (
	inetFamilyV4 = 2
	inetFamilyV6 = 3
)

// AppendRowStart starts a row with the number of its fields.
func AppendRowStart(row []byte, fields int) []byte {
	return binary.BigEndian.AppendUint16(row, uint16(fields))
}

// AppendField appends a field to the row: the length of the value in bytes, or -1 for
// NULL, and the value in binary form.
func AppendField(row []byte, v *Value) []byte {
	if v.IsNull() {
		return appendInt32(row, -1)
	}
	switch v.kind {
	case Text:
		return append(appendInt32(row, len(v.text)), v.text...)
	case JSONB:
		// The first byte is the version of the format.
		return append(append(appendInt32(row, 1+len(v.text)), 1), v.text...)
	case UUID:
		return appendOctets(appendInt32(row, 16), v)
	case Boolean:
		return append(appendInt32(row, 1), byte(v.number))
	case Integer:
		return binary.BigEndian.AppendUint32(appendInt32(row, 4), uint32(v.number))
	case BigInt, DoublePrecision:
		return binary.BigEndian.AppendUint64(appendInt32(row, 8), uint64(v.number))
	case Timestamp:
		return binary.BigEndian.AppendUint64(appendInt32(row, 8), uint64(v.number-epochMicroseconds))
	case Interval:
		// Microseconds, then days and months.
		row = binary.BigEndian.AppendUint64(appendInt32(row, 16), uint64(v.number))
		return append(row, make([]byte, 8)...)
	case Inet:
		return appendInet(row, v)
	case TextArray:
		return appendTextArray(row, *v.list)
	default:
		panic("value of an unknown kind")
	}
}

// mappedIPv4 precedes an IPv4 address in the lower half of its IPv6 form.
const mappedIPv4 = 0xffff

// appendInet appends the address family, the prefix length, a zero for inet rather than
// cidr, the length of the address and the address.
func appendInet(row []byte, v *Value) []byte {
	if v.number == 0 && v.low>>32 == mappedIPv4 {
		row = append(appendInt32(row, 8), inetFamilyV4, 32, 0, 4)
		return binary.BigEndian.AppendUint32(row, uint32(v.low))
	}
	row = append(appendInt32(row, 20), inetFamilyV6, 128, 0, 16)
	return appendOctets(row, v)
}

func appendOctets(row []byte, v *Value) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(row, uint64(v.number)), v.low)
}

// appendTextArray appends a one-dimensional array: the number of dimensions, a zero for
// no NULLs, the type of the elements, their number, the lower bound and the elements.
func appendTextArray(row []byte, list []string) []byte {
	size := 20
	for _, s := range list {
		size += 4 + len(s)
	}
	row = appendInt32(row, size)
	row = appendInt32(row, 1)
	row = appendInt32(row, 0)
	row = binary.BigEndian.AppendUint32(row, pgtype.VarcharOID)
	row = appendInt32(row, len(list))
	row = appendInt32(row, 1)
	for _, s := range list {
		row = append(appendInt32(row, len(s)), s...)
	}
	return row
}

func appendInt32(row []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(row, uint32(int32(n)))
}
