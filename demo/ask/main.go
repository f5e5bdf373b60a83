// Ask runs a query in the database that DATABASE_URL names and prints the answer as psql does,
// where there is no psql.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/jackc/pgx/v5/pgconn"
)

func main() {
	expanded := flag.Bool("x", false, "print each row as a list of its columns")
	bare := flag.Bool("t", false, "print values only, without a heading")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: ask [-x | -t] SQL")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	layout := table
	switch {
	case *expanded:
		layout = list
	case *bare:
		layout = values
	}
	if err := ask(ctx, os.Getenv("DATABASE_URL"), flag.Arg(0), layout); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

// ask prints the answer to each statement of sql. The server makes the text of the values.
func ask(ctx context.Context, url, sql string, layout func(answer) string) error {
	if url == "" {
		return errors.New("DATABASE_URL is not set")
	}
	conn, err := pgconn.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.Background())
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	for _, result := range results {
		fmt.Print(layout(answer{fields: result.FieldDescriptions, rows: result.Rows}))
	}
	return nil
}
