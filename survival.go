package canonicallineexporter

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"

	"canonicallineexporter/internal/collapse"
	"canonicallineexporter/internal/spool"
)

// With a storage, what the collapser keeps outlives the process: it is stored at shutdown, in
// chunks and a header that comes last, and read and deleted at the next start. A process that
// goes on hands it over in memory, and what is stored is deleted unread. Attributes are in it
// as services sent them, so it is encrypted with a key from the password of the database,
// which is not on that disk.

const (
	// storageName tells the storage of spans from that of the queue.
	storageName = "spans"
	headerKey   = "spans"
	chunkSize   = 1 << 20
	// sealVersion is that of the header and of how chunks are encrypted.
	sealVersion = 1
)

// header says how to read the chunks. It is not encrypted.
type header struct {
	Version int    `json:"version"`
	Salt    []byte `json:"salt"`
	Chunks  int    `json:"chunks"`
	// Reads tells which attributes of spans are kept.
	Reads string `json:"reads"`
}

// openSpans opens the storage of spans, if there is one. Without it they end with the process.
func (e *lineExporter) openSpans(ctx context.Context, host component.Host) {
	if e.spool == nil {
		return
	}
	extension, ok := host.GetExtensions()[*e.cfg.QueueConfig.Get().StorageID].(storage.Extension)
	if !ok {
		return // exporterhelper complains
	}
	opened, err := spool.Open(ctx, extension, e.id, storageName)
	if damage, ok := errors.AsType[*spool.DamagedError](err); ok && damage.File != "" {
		e.logger.Warn("the spans that the last process stored are lost: their file is deleted", zap.Error(damage.Unwrap()))
		if err = os.Remove(damage.File); err == nil {
			opened, err = spool.Open(ctx, extension, e.id, storageName)
		}
	}
	if err != nil {
		e.logger.Warn("spans that wait will be given up at shutdown: their storage cannot be opened", zap.Error(err))
		return
	}
	e.spans = opened
}

// takeOverSpans reads what the last process stored. Nothing else uses the collapser yet.
func (e *lineExporter) takeOverSpans(ctx context.Context) {
	if e.spans == nil {
		return
	}
	h, found, err := e.readHeader(ctx)
	if err == nil && found {
		err = e.loadSpans(ctx, h)
	}
	switch {
	case err != nil:
		// It may have a part of them.
		e.collapser = collapse.New(collapseConfig(e.cfg, e.mapper, e.skip))
		e.logger.Warn("the spans that the last process stored are lost: what comes of their requests makes no line richer",
			zap.Error(err))
	case !found:
	case h.Reads != e.cfg.reads():
		e.giveUp(e.collapser, e.mapper)
		e.collapser = collapse.New(collapseConfig(e.cfg, e.mapper, e.skip))
		e.logger.Info("the spans that the last process stored lack attributes that lines are made of now: their requests end here")
	default:
		e.logger.Info("took over the spans that the last process stored",
			zap.Int64("pending", e.collapser.Pending()), zap.Int64("amendable", e.collapser.Amendable()))
	}
}

func (e *lineExporter) readHeader(ctx context.Context) (h header, found bool, err error) {
	stored, err := e.spans.Get(ctx, headerKey)
	if err != nil || stored == nil {
		return h, false, err
	}
	if err := json.Unmarshal(stored, &h); err != nil {
		return h, false, errors.New("its header is damaged")
	}
	if h.Version != sealVersion {
		return h, false, fmt.Errorf("another version of the exporter wrote it: %d", h.Version)
	}
	return h, true, nil
}

func (e *lineExporter) loadSpans(ctx context.Context, h header) error {
	seal, err := e.cfg.seal(h.Salt)
	if err != nil {
		return err
	}
	return e.collapser.Load(&chunkReader{ctx: ctx, storage: e.spans, seal: seal, chunks: h.Chunks}, e.now())
}

// forgetSpans deletes what is stored: nobody may read it twice.
func (e *lineExporter) forgetSpans(ctx context.Context) {
	if e.spans == nil {
		return
	}
	if err := e.deleteSpans(ctx); err != nil {
		e.logger.Warn("the spans that the last process stored cannot be deleted: after a kill they are read again", zap.Error(err))
	}
}

// deleteSpans deletes the header and all chunks, also those that no header names.
func (e *lineExporter) deleteSpans(ctx context.Context) error {
	operations := []*storage.Operation{storage.DeleteOperation(headerKey)}
	for n := 0; ; n++ {
		chunk, err := e.spans.Get(ctx, chunkKey(n))
		if err != nil {
			return err
		}
		if chunk == nil {
			return e.spans.Batch(ctx, operations...)
		}
		operations = append(operations, storage.DeleteOperation(chunkKey(n)))
	}
}

// storeSpans stores what the collapser keeps and reports whether it did. Lines that the queue
// lacks and takes go out first.
func (e *lineExporter) storeSpans(ctx context.Context) bool {
	if e.spans == nil {
		return false
	}
	delivery := e.collapser.Pause(e.now())
	_ = e.offer(ctx, delivery) // what is refused is stored
	delivery.Release()
	left := e.collapser.Leftover(e.now())
	_ = e.offerTo(ctx, left, e.enqueueOrKeep)
	left.Release()

	if err := e.writeSpans(ctx); err != nil {
		e.logger.Warn("spans that wait are given up: they cannot be stored", zap.Error(err))
		_ = e.deleteSpans(context.WithoutCancel(ctx)) // without a header nobody reads them
		return false
	}
	e.logger.Info("stored the spans of requests that are running or can be amended",
		zap.Int64("pending", e.collapser.Pending()), zap.Int64("amendable", e.collapser.Amendable()))
	return true
}

// writeSpans writes the chunks and, once they are all there, the header.
func (e *lineExporter) writeSpans(ctx context.Context) error {
	h := header{Version: sealVersion, Salt: make([]byte, sha256.Size), Reads: e.cfg.reads()}
	_, _ = rand.Read(h.Salt) // never fails
	seal, err := e.cfg.seal(h.Salt)
	if err != nil {
		return err
	}
	w := &chunkWriter{ctx: ctx, storage: e.spans, seal: seal}
	if err := e.collapser.Save(w, e.now()); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	h.Chunks = w.chunks
	encoded, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return e.spans.Batch(ctx, storage.SetOperation(headerKey, encoded))
}

// closeSpans ends the use of the storage.
func (e *lineExporter) closeSpans(ctx context.Context) error {
	if e.spans == nil {
		return nil
	}
	return e.spans.Close(ctx)
}

// reads tells apart the configurations under which other attributes of spans are kept.
func (c *Config) reads() string {
	encoded, err := json.Marshal([]any{c.AttributePrefix, c.Columns})
	if err != nil {
		panic(err) // they are texts
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// seal returns what encrypts chunks and says whether they are as they were, in their place.
func (c *Config) seal(salt []byte) (cipher.AEAD, error) {
	pool, err := c.Database.connection().PoolConfig(c.Database.MaxConnections)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, []byte(pool.ConnConfig.Password), salt, "canonical_line spans", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// chunkKey returns a key that no queue has: a storage may not tell names apart.
func chunkKey(n int) string { return "spans." + strconv.Itoa(n) }

// chunkWriter stores what is written to it.
type chunkWriter struct {
	ctx     context.Context //nolint:containedctx // that of the shutdown
	storage *spool.Guard
	seal    cipher.AEAD
	chunks  int
	buf     []byte
}

func (w *chunkWriter) Write(p []byte) (n int, err error) {
	for n < len(p) {
		part := p[n:][:min(len(p)-n, chunkSize-len(w.buf))]
		w.buf = append(w.buf, part...)
		n += len(part)
		if len(w.buf) == chunkSize {
			if err := w.flush(); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// flush stores a chunk, unless the shutdown has no time left.
func (w *chunkWriter) flush() error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	key := chunkKey(w.chunks)
	chunk := w.seal.Seal(nil, nil, w.buf, []byte(key)) //nolint:gosec // it has a random nonce of its own
	if err := w.storage.Batch(w.ctx, storage.SetOperation(key, chunk)); err != nil {
		return err
	}
	w.chunks++
	w.buf = w.buf[:0]
	return nil
}

// chunkReader reads what a chunkWriter stored.
type chunkReader struct {
	ctx          context.Context //nolint:containedctx // that of the start
	storage      *spool.Guard
	seal         cipher.AEAD
	next, chunks int
	buf          []byte
}

func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.buf) == 0 {
		if r.next == r.chunks {
			return 0, io.EOF
		}
		key := chunkKey(r.next)
		chunk, err := r.storage.Get(r.ctx, key)
		if err != nil {
			return 0, err
		}
		if r.buf, err = r.seal.Open(nil, nil, chunk, []byte(key)); err != nil {
			return 0, errors.New("it is damaged, or the password of the database is another one")
		}
		r.next++
	}
	n := copy(p, r.buf)
	r.buf = r.buf[n:]
	return n, nil
}
