package spool

import (
	"errors"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// metadataKey is where exporterhelper keeps its metadata.
const metadataKey = "qmv0"

// metadata is exporterhelper's PersistentMetadata.
type metadata struct {
	size
	read, write uint64
	dispatched  []uint64
}

// Numbers of its fields.
const (
	itemsField protowire.Number = iota + 1
	bytesField
	readField
	writeField
	dispatchedField
)

// requests is how many entries the queue counts.
func (m metadata) requests() int64 { return int64(m.write-m.read) + int64(len(m.dispatched)) }

// marshal encodes it; nothing is dispatched in what a spool stores.
func (m metadata) marshal() []byte {
	var buf []byte
	for i, value := range []uint64{uint64(m.items), uint64(m.bytes), m.read, m.write} {
		buf = protowire.AppendTag(buf, itemsField+protowire.Number(i), protowire.Fixed64Type)
		buf = protowire.AppendFixed64(buf, value)
	}
	return buf
}

var errMetadata = errors.New("the metadata of the queue cannot be read")

// parseMetadata decodes what a spool or exporterhelper stored; nothing if buf is
// empty.
func parseMetadata(buf []byte) (metadata, error) {
	var m metadata
	for len(buf) > 0 {
		number, kind, n := protowire.ConsumeTag(buf)
		if n < 0 {
			return metadata{}, errMetadata
		}
		buf = buf[n:]
		if number == dispatchedField && kind == protowire.BytesType {
			packed, n := protowire.ConsumeBytes(buf)
			if n < 0 || len(packed)%8 != 0 {
				return metadata{}, errMetadata
			}
			for ; len(packed) > 0; packed = packed[8:] {
				key, _ := protowire.ConsumeFixed64(packed)
				m.dispatched = append(m.dispatched, key)
			}
			buf = buf[n:]
			continue
		}
		value, n := protowire.ConsumeFixed64(buf)
		if kind != protowire.Fixed64Type || n < 0 {
			return metadata{}, errMetadata
		}
		buf = buf[n:]
		switch number {
		case itemsField:
			m.items = int64(value)
		case bytesField:
			m.bytes = int64(value)
		case readField:
			m.read = value
		case writeField:
			m.write = value
		}
	}
	return m, nil
}

// keyOf is the storage's key of an entry, as exporterhelper has it.
func keyOf(key uint64) string { return strconv.FormatUint(key, 10) }

// parseKey is the reverse of keyOf.
func parseKey(key string) uint64 {
	n, _ := strconv.ParseUint(key, 10, 64)
	return n
}
