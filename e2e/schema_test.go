package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
)

// accepted are configurations of the exporter, as YAML, that the collector takes.
var accepted = []string{
	`database: {url: "postgres://db/lines"}`,
	`database: {host: db.example.com, port: 6432, user: alice, password: "p@ss:/?#%", dbname: lines}`,
	`database: {url: "sslmode=verify-full", host: db.example.com, password_file: "${env:PASSWORD_FILE}"}`,
	`database: {url: "${env:URL}", max_connections: "${env:FOUR}", create_schema: "${env:YES}", port: "${env:FOUR}"}`,
	`database: "${env:DATABASE}"`,
	`{database: {url: "${env:URL}"}, timeout: 0, collapse: {amend_window: 0, pending_ttl: "1.5h"}}`,
	`{database: {url: "${env:URL}"}, timeout: "0", partitions: {retention: "${env:DURATION}", keep_detached: 0s, create_ahead: 1h30m}}`,
	`{database: {url: "${env:URL}"}, partitions: {max_size: 100GiB, interval: "${env:INTERVAL}"}, request_payload: {max_bytes: 16 kB}}`,
	`{database: {url: "${env:URL}"}, partitions: {max_size: 0}, request_payload: {max_bytes: 4096, capture: "${env:YES}"}}`,
	`{database: {url: "${env:URL}"}, partitions: {max_size: "${env:SIZE}"}, headers: {prefixes: "${env:LIST}", trusted_proxies: "${env:FOUR}"}}`,
	`{database: {url: "${env:URL}"}, columns: {plan: {type: "${env:TYPE}", from: [app.plan]}, account_id: {from: "${env:LIST}"}}}`,
	`{database: {url: "${env:URL}"}, indexes: [request_id, {column: trace_id, sealed: btree}]}`,
	`{database: {url: "${env:URL}"}, indexes: []}`,
	`{database: {url: "${env:URL}"}, columns: , redact: , headers: {prefixes: }, sending_queue: , retry_on_failure: }`,
	`{database: {url: "${env:URL}"}, sending_queue: {enabled: false}, retry_on_failure: {enabled: "${env:YES}"}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {wait_for_result: true, batch: {enabled: false}}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {sizer: bytes, queue_size: 100000000, batch: {sizer: bytes, min_size: 20000, max_size: 200000}}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {sizer: requests, queue_size: 1000, num_consumers: "${env:FOUR}", block_on_overflow: false}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {storage: file_storage, batch: {flush_timeout: 1s, min_size: 0, partition: {metadata_keys: [tenant]}}}}`,
	`{database: {url: "${env:URL}"}, retry_on_failure: {initial_interval: 1s, max_interval: 1m, max_elapsed_time: 0, multiplier: 2, randomization_factor: 0.1}}`,
}

// invalid are those that it does not take.
var invalid = []string{
	`{}`,
	`database: {}`,
	`database: {user: alice}`,
	`database: {url: "${env:URL}", uri: x}`,
	`database: {url: "${env:URL}", max_connections: 0}`,
	`database: {url: "${env:URL}", max_connections: many}`,
	`database: {url: "${env:URL}", port: 70000}`,
	`{database: {url: "${env:URL}"}, tabel: lines}`,
	`{database: {url: "${env:URL}"}, timeout: soon}`,
	`{database: {url: "${env:URL}"}, timeout: "30"}`,
	`{database: {url: "${env:URL}"}, collapse: {amend_windw: 1s}}`,
	`{database: {url: "${env:URL}"}, partitions: {interval: year}}`,
	`{database: {url: "${env:URL}"}, partitions: {max_size: 100 elephants}}`,
	`{database: {url: "${env:URL}"}, partitions: {max_size: -1}}`,
	`{database: {url: "${env:URL}"}, indexes: [{name: trace_id}]}`,
	`{database: {url: "${env:URL}"}, indexes: [{column: trace_id, sealed: hash}]}`,
	`{database: {url: "${env:URL}"}, columns: {plan: {type: money, from: [a]}}}`,
	`{database: {url: "${env:URL}"}, columns: {plan: {type: text, form: [a]}}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {block_on_overflow: true}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {batch: {mix_size: 1}}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {sizer: lines}}`,
	`{database: {url: "${env:URL}"}, sending_queue: {queue_size: 0}}`,
	`{database: {url: "${env:URL}"}, retry_on_failure: {max_elapsed: 1s}}`,
	`{database: {url: "${env:URL}"}, retry_on_failure: {multiplier: -1}}`,
}

// validate has the collector judge exporters of these configurations.
func validate(t *testing.T, exporters ...string) error {
	t.Helper()
	binary, err := collectorBinary()
	require.NoError(t, err)
	var text strings.Builder
	names := make([]string, len(exporters))
	text.WriteString("receivers: {otlp: {protocols: {grpc: {endpoint: \"127.0.0.1:0\"}}}}\n" +
		"extensions: {file_storage: {directory: /tmp}}\nexporters:\n")
	for i, exporter := range exporters {
		names[i] = fmt.Sprintf("canonical_line/%d", i)
		fmt.Fprintf(&text, "  %s:\n    %s\n", names[i], exporter)
	}
	fmt.Fprintf(&text, "service: {extensions: [file_storage], pipelines: {traces: {receivers: [otlp], exporters: [%s]}}}\n", strings.Join(names, ", "))
	directory := t.TempDir()
	file, password := filepath.Join(directory, "config.yaml"), filepath.Join(directory, "password")
	require.NoError(t, os.WriteFile(file, []byte(text.String()), 0o600))
	require.NoError(t, os.WriteFile(password, []byte("hunter2\n"), 0o600))
	cmd := exec.CommandContext(t.Context(), binary, "validate", "--config="+file)
	cmd.Env = append(os.Environ(), "URL=postgres://db.example.com/lines", "PASSWORD_FILE="+password, "FOUR=4", "YES=true",
		"DURATION=336h", "INTERVAL=day", "SIZE=100GiB", "LIST=[a.b, c.d]", "TYPE=text", "DATABASE={url: postgres://db/lines}")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	}
	return nil
}

// The schema and the collector agree about what is right and what is wrong.
func TestSchema_AgreesWithTheCollector(t *testing.T) {
	t.Parallel()
	schema, err := jsonschema.NewCompiler().Compile("../config.schema.json")
	require.NoError(t, err)
	valid := func(exporter string) error {
		retrieved, err := confmap.NewRetrievedFromYAML([]byte(exporter))
		require.NoError(t, err)
		value, err := retrieved.AsRaw()
		require.NoError(t, err)
		return schema.Validate(value)
	}
	require.NoError(t, validate(t, accepted...))
	for _, exporter := range accepted {
		require.NoError(t, valid(exporter), exporter)
	}
	for _, exporter := range invalid {
		require.Error(t, valid(exporter), exporter)
		t.Run(exporter, func(t *testing.T) {
			t.Parallel()
			require.Error(t, validate(t, exporter))
		})
	}
}

// What a file holds ends with a line feed, which is no part of a password or a URL.
func TestConfiguration_ValuesFromFiles_LoseTheirLineFeed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "url")
	require.NoError(t, os.WriteFile(file, []byte("postgres://alice:p%40ss@db.example.com/lines?sslmode=require\n"), 0o600))
	require.NoError(t, validate(t, `database: {url: "${file:`+file+`}"}`))
}
