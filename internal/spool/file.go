package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"go.opentelemetry.io/collector/component"
)

// directoryOf returns the directory of a file_storage extension. The extension does not
// tell, so its configuration is read by reflection; empty is another extension.
func directoryOf(extension reflect.Value) string {
	directory := field(field(extension, "cfg"), "Directory")
	if !directory.IsValid() || directory.Kind() != reflect.String {
		return ""
	}
	return directory.String()
}

// boltFile returns the file in which file_storage keeps the entries of an exporter, empty
// for another extension.
func boltFile(extension any, id component.ID, name string) string {
	directory := directoryOf(reflect.ValueOf(extension))
	if directory == "" {
		return ""
	}
	// file_storage writes other characters as their numbers.
	var b strings.Builder
	for _, r := range fmt.Sprintf("exporter_%s_%s_%s", id.Type(), id.Name(), name) {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-_", r)) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "~%04X", r)
		}
	}
	return filepath.Join(directory, b.String())
}

// field is a field of a struct or of what points to one, invalid if there is none.
func field(v reflect.Value, name string) reflect.Value {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v.FieldByName(name)
}

// lockWait is how long another process may hold the file.
const lockWait = 100 * time.Millisecond

// checkFile walks a bbolt file and returns an error if it is damaged. A file that is
// not there, or that cannot be opened for another reason, is left to bbolt.
func checkFile(file string) error {
	info, err := os.Stat(file)
	if err != nil || info.Size() == 0 {
		return nil
	}
	var walked error
	opened, damage := recovered(func() error {
		db, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true, Timeout: lockWait})
		if err != nil {
			return err
		}
		defer db.Close()
		walked = db.View(func(tx *bbolt.Tx) error {
			if tx.Size() > info.Size() {
				return errors.New("its end is missing")
			}
			return tx.ForEach(func(_ []byte, bucket *bbolt.Bucket) error { return walk(bucket, tx.Size()) })
		})
		return nil
	})
	switch {
	case damage != nil:
		return &DamagedError{file, damage}
	case walked != nil:
		return &DamagedError{file, walked}
	case errors.Is(opened, bolterrors.ErrInvalid), errors.Is(opened, bolterrors.ErrChecksum), errors.Is(opened, bolterrors.ErrVersionMismatch):
		return &DamagedError{file, opened}
	}
	return nil
}

// walk visits every page of a bucket that holds keys.
func walk(bucket *bbolt.Bucket, size int64) error {
	var former []byte
	cursor := bucket.Cursor()
	for key, value := cursor.First(); key != nil; key, value = cursor.Next() {
		if bytes.Compare(former, key) >= 0 || int64(len(value)) > size {
			return errors.New("its pages are out of order")
		}
		former = key
	}
	return nil
}
