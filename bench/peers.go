package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"canonicallineexporter/internal/copyrow"
)

const (
	unnestName = "unnest upsert by 100"
	rowName    = "INSERT row by row"
)

// peerCases returns the cases that write lines as other exporters do: an upsert of
// arrays, and a prepared INSERT for each row in a transaction of 100. Their parameters
// are encoded in advance, as the floor's rows are.
func (b *bench) peerCases() []benchCase {
	return []benchCase{
		{name: unnestName, against: exporterName(100, 0), run: func(ctx context.Context) (int, time.Duration, error) {
			return b.insertBatches(ctx, b.unnest)
		}},
		{name: rowName, against: exporterName(100, 0), run: func(ctx context.Context) (int, time.Duration, error) {
			return b.insertBatches(ctx, b.rowByRow)
		}},
	}
}

func (b *bench) insertBatches(
	ctx context.Context, insert func(context.Context, *pgx.Conn, copyrow.Batch) error,
) (int, time.Duration, error) {
	// A tenth of the lines is enough for cases this slow.
	lines := b.lines / 10
	batches := b.batches(newWorkload(lines, 0), 100)
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		return 0, 0, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	start := time.Now()
	for _, batch := range batches {
		if err := insert(ctx, conn, batch); err != nil {
			return 0, 0, err
		}
	}
	took := time.Since(start)
	return lines, took, b.stored(ctx, lines)
}

// unnest upserts a batch with each column as an array. It leaves out x_crunchy_headers,
// which is NULL in every line here, because unnest flattens arrays of arrays.
func (b *bench) unnest(ctx context.Context, conn *pgx.Conn, batch copyrow.Batch) error {
	var names, arrays []string
	var values [][]byte
	var formats []int16
	for column, c := range batch.Layout {
		if strings.HasSuffix(c.Type.String(), "[]") {
			continue
		}
		names = append(names, c.Name)
		arrays = append(arrays, fmt.Sprintf("$%d::%s[]", len(names), baseType(c.Type.String())))
		values = append(values, arrayOf(batch, column, c.Type.OID()))
		formats = append(formats, pgx.BinaryFormatCode)
	}
	list := strings.Join(names, ", ")
	sql := "INSERT INTO " + b.table.String() + " (" + list + ") SELECT * FROM unnest(" + strings.Join(arrays, ", ") +
		") ON CONFLICT (created_at, id) DO UPDATE SET status = EXCLUDED.status"
	if _, err := conn.Prepare(ctx, "unnest", sql); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if _, err := conn.PgConn().ExecPrepared(ctx, "unnest", values, formats, nil).Close(); err != nil {
		return fmt.Errorf("upsert: %w", err)
	}
	return nil
}

// arrayOf returns the fields of one column as a binary array.
func arrayOf(batch copyrow.Batch, column int, oid uint32) []byte {
	buf := binary.BigEndian.AppendUint32(nil, 1)
	buf = binary.BigEndian.AppendUint32(buf, 1)
	buf = binary.BigEndian.AppendUint32(buf, oid)
	buf = binary.BigEndian.AppendUint32(buf, uint32(batch.Len()))
	buf = binary.BigEndian.AppendUint32(buf, 1)
	for row := range batch.Len() {
		field := batch.Value(row, column)
		if field == nil {
			buf = binary.BigEndian.AppendUint32(buf, 0xffffffff)
			continue
		}
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(field))), field...)
	}
	return buf
}

// baseType returns the name of a type without its width.
func baseType(name string) string {
	name, _, _ = strings.Cut(name, "(")
	return name
}

func (b *bench) rowByRow(ctx context.Context, conn *pgx.Conn, batch copyrow.Batch) error {
	parameters := make([]string, len(batch.Layout))
	formats := make([]int16, len(batch.Layout))
	for i := range parameters {
		parameters[i], formats[i] = fmt.Sprintf("$%d", i+1), pgx.BinaryFormatCode
	}
	sql := "INSERT INTO " + b.table.String() + " (" + b.columnList() + ") VALUES (" + strings.Join(parameters, ", ") + ")"
	if _, err := conn.Prepare(ctx, "insert", sql); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	values := make([][]byte, len(batch.Layout))
	for row := range batch.Len() {
		for column := range values {
			values[column] = batch.Value(row, column)
		}
		if _, err := conn.PgConn().ExecPrepared(ctx, "insert", values, formats, nil).Close(); err != nil {
			return fmt.Errorf("insert: %w", err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
