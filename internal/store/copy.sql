-- Binary, because the rows were encoded before they were queued.
COPY {{.Table}} ({{identifiers .Names}}) FROM STDIN (FORMAT binary)
{{- if .Types}} WHERE {{template "unchanged" .}}{{end}}
