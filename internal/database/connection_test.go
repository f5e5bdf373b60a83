package database

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// characters are those that mean something in a URL, in a keyword/value string or to a shell.
const characters = `p@ss w0rd:/?#[]%41%'"\'` + "`$HOME${HOME}&=,;é\t"

func TestConnection_PoolConfig_TakesAnyCharacter(t *testing.T) {
	t.Parallel()
	cfg, err := Connection{
		URL: "sslmode=verify-full\n", Host: "db.example.com\n", Port: 6432, User: "alice@" + characters + "\r\n", Password: characters + "\n",
		DBName: "lines " + characters,
	}.PoolConfig(4)
	require.NoError(t, err)
	require.Equal(t, "db.example.com", cfg.ConnConfig.Host)
	require.EqualValues(t, 6432, cfg.ConnConfig.Port)
	require.Equal(t, "alice@"+characters, cfg.ConnConfig.User)
	require.Equal(t, characters, cfg.ConnConfig.Password)
	require.Equal(t, "lines "+characters, cfg.ConnConfig.Database)
	require.Equal(t, "db.example.com", cfg.ConnConfig.TLSConfig.ServerName)
}

func TestConnection_PasswordFile_IsReadForEachConnection(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("first\n")
	c := Connection{URL: "postgres://alice@db.example.com/lines", PasswordFile: file}
	require.Empty(t, c.Check())
	cfg, err := c.PoolConfig(4)
	require.NoError(t, err)
	require.Equal(t, "first", cfg.ConnConfig.Password)

	write(characters + "\r\n")
	require.NoError(t, cfg.BeforeConnect(t.Context(), cfg.ConnConfig))
	require.Equal(t, characters, cfg.ConnConfig.Password)

	require.NoError(t, os.Remove(file))
	require.EqualError(t, cfg.BeforeConnect(t.Context(), cfg.ConnConfig),
		"`database::password_file` cannot be read: no such file or directory")
}

func TestConnection_Check_NamesTheSetting(t *testing.T) {
	t.Parallel()
	faults := Connection{
		URL: "postgres://alice:hunter2@db.example.com:5432/lines", Host: "h", Port: 1, User: "u", Password: "hunter2", DBName: "d",
		PasswordFile: "/nowhere",
	}.Check()
	for _, key := range []string{"host", "port", "user", "password", "dbname"} {
		require.EqualError(t, faults[key], "is said by `database::url` too", key)
	}
	require.EqualError(t, faults["password_file"], "must not be set together with a password")
	require.Len(t, faults, 6)

	faults = Connection{Host: "h", Port: 70000, User: "a\x00b", PasswordFile: "/nowhere"}.Check()
	require.EqualError(t, faults["user"], "must not contain NUL")
	require.ErrorContains(t, faults["password_file"], "no such file or directory")
	require.EqualError(t, faults["port"], "has to be between 1 and 65535")
	require.Len(t, faults, 3)
}
