package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Connection says how to reach a database. All fields may be empty: PG* variables fill in the
// rest. A line feed at the end of a value is left out, since values come from files.
type Connection struct {
	// URL is a libpq URL or keyword/value string.
	URL string
	// Host, User, Password and DBName say apart what URL leaves out, each with any characters
	// but NUL. Port is 0 if URL has it.
	Host, User, Password, DBName string
	Port                         int
	// PasswordFile names a file that holds the password. It is read for each connection.
	PasswordFile string
}

// Check returns the faults by the name of the setting, without a value: url, host, port, user,
// password, dbname, password_file. It looks whether the named files can be read.
func (c Connection) Check() map[string]error {
	faults := map[string]error{}
	said, err := parseSettings(trimLine(c.URL))
	if err != nil {
		faults["url"] = err
	}
	for keyword, value := range c.parts() {
		switch {
		case value == "":
		case said[keyword] != "":
			faults[keyword] = errors.New("is said by `database::url` too")
		case strings.Contains(value, "\x00"):
			faults[keyword] = errors.New("must not contain NUL")
		case keyword == "port":
			if err := isPorts(value); err != nil {
				faults[keyword] = err
			}
		}
	}
	if c.PasswordFile != "" {
		if said["password"] != "" || c.Password != "" {
			faults["password_file"] = errors.New("must not be set together with a password")
		} else if err := isFile(c.PasswordFile); err != nil {
			faults["password_file"] = err
		}
	}
	return faults
}

// parts returns what is said apart, by its keyword.
func (c Connection) parts() map[string]string {
	port := ""
	if c.Port != 0 {
		port = strconv.Itoa(c.Port)
	}
	return map[string]string{
		"host": trimLine(c.Host), "port": port, "user": trimLine(c.User), "password": trimLine(c.Password), "dbname": trimLine(c.DBName),
	}
}

// settings reads the connection string and the file with the password, as they are at present.
func (c Connection) settings() (settings, error) {
	s, err := parseSettings(trimLine(c.URL))
	if err != nil {
		return nil, fmt.Errorf("`database::url` %w", err)
	}
	for keyword, value := range c.parts() {
		if value != "" {
			s[keyword] = value
		}
	}
	if c.PasswordFile == "" {
		return s, nil
	}
	password, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
			err = pathErr.Err
		}
		return nil, fmt.Errorf("`database::password_file` cannot be read: %w", err)
	}
	s["password"] = trimLine(string(password))
	return s, nil
}

// trimLine removes the line feed at the end of a file.
func trimLine(text string) string { return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r") }
