package spool

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"go.opentelemetry.io/collector/component"
)

// boltOf makes a file as file_storage has it.
func boltOf(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "queue")
	db, err := bbolt.Open(file, 0o600, &bbolt.Options{NoFreelistSync: true})
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucketIfNotExists([]byte("default"))
		for key := range uint64(2000) {
			require.NoError(t, bucket.Put([]byte(keyOf(key)), []byte(strings.Repeat("line ", 200))))
		}
		return err
	}))
	require.NoError(t, db.Close())
	return file
}

func TestCheckFile_WholeFile_IsTaken(t *testing.T) {
	t.Parallel()
	require.NoError(t, checkFile(boltOf(t)))
	require.NoError(t, checkFile(filepath.Join(t.TempDir(), "none")))
	empty := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.NoError(t, checkFile(empty))
}

// Whatever is damaged, the check ends without a panic; of a page that is cut off or
// overwritten it says so.
func TestCheckFile_AnyDamage_IsNoPanic(t *testing.T) {
	t.Parallel()
	file := boltOf(t)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(7, 8))
	damage := func(change func([]byte) []byte) error {
		bad := change(append([]byte(nil), whole...))
		require.NoError(t, os.WriteFile(file, bad, 0o600))
		return checkFile(file)
	}
	for range 10 {
		require.Error(t, damage(func(b []byte) []byte { return b[:random.IntN(1<<20)+1] }))
		require.Error(t, damage(func(b []byte) []byte {
			clear(b[64<<10 : 512<<10])
			return b
		}))
		require.Error(t, damage(func(b []byte) []byte {
			for i := 64 << 10; i < 512<<10; i++ {
				b[i] = byte(random.Uint32())
			}
			return b
		}))
		// A few bytes can be those of a line, which its checksum finds.
		_ = damage(func(b []byte) []byte {
			for range 20 {
				b[random.IntN(len(b))] = byte(random.Uint32())
			}
			return b
		})
	}
}

// configured has its configuration as file_storage does.
type configured struct{ cfg *configuration }

type configuration struct{ Directory string }

func TestBoltFile_FileStorage_IsFound(t *testing.T) {
	t.Parallel()
	extension := &configured{&configuration{"/queue"}}
	require.Equal(t, "/queue/exporter_canonical_line__traces", boltFile(extension, component.MustNewID("canonical_line"), "traces"))
	require.Equal(t, "/queue/exporter_canonical_line_a~002Fb_traces", boltFile(extension, component.MustNewIDWithName("canonical_line", "a/b"), "traces"))
	require.Empty(t, boltFile(newDisk(), queueID, "traces"))
}
