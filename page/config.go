package page

import (
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"

	"canonicallineexporter/internal/database"
)

// Config is the configuration of the page. Only database::url or database::host is required.
type Config struct {
	// HTTP is where the page listens, with TLS and an authentication extension. Without both, it
	// listens on this machine only. Default of endpoint: localhost:8318.
	HTTP confighttp.ServerConfig `mapstructure:",squash"`

	// Insecure lets the page listen on other addresses without TLS or without authentication.
	// Default: false.
	Insecure bool `mapstructure:"insecure"`

	// Hosts are the names, besides those of this machine, by which a proxy asks for the page. They
	// matter while it listens on this machine without authentication: a request for any other name
	// is refused, so that no website can read the page through a browser. Default: none.
	Hosts []string `mapstructure:"hosts"`

	Database DatabaseConfig `mapstructure:"database"`

	// Table is the name of the table, as the exporter has it. Default: canonical_api_line.
	Table string `mapstructure:"table"`

	// Timeout is how long a question may take before it is cancelled, more than 0. Default: 15s.
	Timeout time.Duration `mapstructure:"timeout"`

	// TraceURL is the address of a trace in a trace viewer; {trace_id} stands for the trace's ID.
	// Default: none.
	TraceURL string `mapstructure:"trace_url"`

	// Show names the columns that the page shows although they hold personal data: account_email,
	// sudo_account_email, ip, query_string, request_payload, x_crunchy_headers. Default: none.
	Show []string `mapstructure:"show"`
}

// DatabaseConfig says which Postgres the lines are in. Its keys mean what they do for the exporter.
// The role only needs to read: see schema/roles.sql.
type DatabaseConfig struct {
	URL          configopaque.String `mapstructure:"url"`
	Host         configopaque.String `mapstructure:"host"`
	Port         int                 `mapstructure:"port"`
	User         configopaque.String `mapstructure:"user"`
	Password     configopaque.String `mapstructure:"password"`
	DBName       configopaque.String `mapstructure:"dbname"`
	PasswordFile string              `mapstructure:"password_file"`
}

// connection returns what is configured in the form that package database takes.
func (c DatabaseConfig) connection() database.Connection {
	return database.Connection{
		URL: string(c.URL), Host: string(c.Host), Port: c.Port, User: string(c.User), Password: string(c.Password),
		DBName: string(c.DBName), PasswordFile: c.PasswordFile,
	}
}

// private are the columns that are hidden unless Config.Show names them.
var private = []string{"account_email", "sudo_account_email", "ip", "query_string", "request_payload", "x_crunchy_headers"}

func createDefaultConfig() component.Config {
	http := confighttp.NewDefaultServerConfig()
	http.NetAddr.Endpoint = "localhost:8318"
	return &Config{HTTP: http, Table: "canonical_api_line", Timeout: 15 * time.Second}
}
