-- Binary: the rows were encoded before they were queued.
COPY {{.Table}} ({{range $i, $name := .Names}}{{if $i}}, {{end}}{{identifier $name}}{{end}}) FROM STDIN (FORMAT binary);
