package spool

import (
	"cmp"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"

	"go.etcd.io/bbolt"
	"go.opentelemetry.io/collector/component"
)

// Abandoned is a queue on disk that holds lines and that no exporter has open.
type Abandoned struct {
	// File is where it is, Lines how many it holds.
	File  string
	Lines int64
}

// FindAbandoned returns the queues that exporters of a type left in the directories of the
// host's file_storage extensions, in the order of their names. An exporter leaves its queue
// when it gets another name or no longer has a storage.
func FindAbandoned(host component.Host, kind component.Type) (found []Abandoned) {
	for _, extension := range host.GetExtensions() {
		directory := directoryOf(reflect.ValueOf(extension))
		if directory == "" {
			continue
		}
		pattern := filepath.Join(directory, fmt.Sprintf("exporter_%s_*", kind))
		files, _ := filepath.Glob(pattern) // the pattern is valid
		for _, file := range files {
			if lines := linesIn(file); lines > 0 {
				found = append(found, Abandoned{file, lines})
			}
		}
	}
	slices.SortFunc(found, func(a, b Abandoned) int { return cmp.Compare(a.File, b.File) })
	return slices.Compact(found) // several extensions may have one directory
}

// linesIn returns how many lines wait in a file that nobody has open; 0 if it cannot tell.
func linesIn(file string) (lines int64) {
	_, _ = recovered(func() error {
		// Who uses the file holds its lock.
		db, err := bbolt.Open(file, 0o600, &bbolt.Options{ReadOnly: true, Timeout: 1})
		if err != nil {
			return err
		}
		defer db.Close()
		return db.View(func(tx *bbolt.Tx) error {
			bucket := tx.Bucket([]byte("default"))
			if bucket == nil {
				return nil
			}
			m, err := parseMetadata(bucket.Get([]byte(metadataKey)))
			if err == nil && m.requests() > 0 {
				lines = max(m.items, 1)
			}
			return err
		})
	})
	return lines
}
