package database

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"canonicallineexporter/internal/pgtest"
)

func TestParsePoolConfig_Encoding_IsUTF8OrRefused(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	const text = "Zürich 東京 🚆"
	for _, encoding := range []string{"UTF8", "SQL_ASCII", "LATIN1", "LATIN9", "WIN1252", "EUC_JP", "EUC_KR", "KOI8R", "MULE_INTERNAL"} {
		name := d.Name + "_" + strings.ToLower(encoding)
		d.Exec(t, "CREATE DATABASE "+name+" ENCODING '"+encoding+"' LOCALE 'C' TEMPLATE template0")
		pool := open(t, strings.Replace(d.URL, d.Name, name, 1)+"?options=-cclient_encoding%3DLATIN1")
		var read string
		err := pool.QueryRow(t.Context(), "SELECT $1::text", text).Scan(&read)
		switch encoding {
		case "UTF8":
			require.NoError(t, err)
			require.Equal(t, text, read)
		case "MULE_INTERNAL":
			require.EqualError(t, Redact(err),
				"cannot connect to the database: conversion between UTF8 and MULE_INTERNAL is not supported, SQLSTATE 0A000")
		default:
			require.EqualError(t, Redact(err), "the database has the encoding "+encoding+
				", and lines need UTF8: create another one with ENCODING 'UTF8' TEMPLATE template0")
		}
		pool.Close()
		d.Exec(t, "DROP DATABASE "+name+" WITH (FORCE)")
	}
}

func TestParsePoolConfig_SettingsThatChangeMeanings_AreTheExporters(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for name, value := range map[string]string{
		"client_encoding": "LATIN1", "datestyle": "'SQL, DMY'", "standard_conforming_strings": "off",
	} {
		d.Exec(t, "ALTER DATABASE "+d.Name+" SET "+name+" = "+value)
	}
	for _, parameters := range []string{"", "?DateStyle=German&standard_conforming_strings=off"} {
		var encoding, style, conforming string
		require.NoError(t, open(t, d.URL+parameters).QueryRow(t.Context(), `SELECT current_setting('client_encoding'),
			current_setting('datestyle'), current_setting('standard_conforming_strings')`).Scan(&encoding, &style, &conforming))
		require.Equal(t, "UTF8", encoding)
		require.Contains(t, style, "ISO")
		require.Equal(t, "on", conforming)
	}
}
