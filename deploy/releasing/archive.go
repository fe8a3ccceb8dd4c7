package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A source is a file of an archive.
type source struct {
	file string // where it is
	name string // in the archive
	mode fs.FileMode
}

// writeArchive writes the archive of a platform: the program and what one reads
// first.
func (r *release) writeArchive(p platform, program string) error {
	name := fmt.Sprintf("callboard_%s_%s_%s", r.number(), p.os, p.arch)
	sources := []source{{program, name + "/" + filepath.Base(program), 0o755}}
	for _, text := range []string{"README.md", "LICENSE", "CHANGELOG.md"} {
		sources = append(sources, source{filepath.Join(r.root, text), name + "/" + text, 0o644})
	}
	if p.os == "windows" {
		return r.writeFile(name+".zip", func(w io.Writer) error { return writeZip(w, sources, r.date) })
	}
	return r.writeFile(name+".tar.gz", func(w io.Writer) error {
		z := gzip.NewWriter(w)
		if err := writeTar(z, sources, r.date); err != nil {
			return err
		}
		return z.Close()
	})
}

// writeFile writes a file of the release.
func (r *release) writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return f.Close()
}

// writeTar writes files that belong to root.
func writeTar(w io.Writer, sources []source, date time.Time) error {
	t := tar.NewWriter(w)
	for _, s := range sources {
		err := copyFrom(s.file, func(f io.Reader, size int64) error {
			h := &tar.Header{Typeflag: tar.TypeReg, Name: s.name, Size: size, Mode: int64(s.mode), ModTime: date, Format: tar.FormatPAX}
			if err := t.WriteHeader(h); err != nil {
				return err
			}
			_, err := io.Copy(t, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return t.Close()
}

func writeZip(w io.Writer, sources []source, date time.Time) error {
	z := zip.NewWriter(w)
	for _, s := range sources {
		err := copyFrom(s.file, func(f io.Reader, _ int64) error {
			h := &zip.FileHeader{Name: s.name, Method: zip.Deflate, Modified: date}
			h.SetMode(s.mode)
			to, err := z.CreateHeader(h)
			if err != nil {
				return err
			}
			_, err = io.Copy(to, f)
			return err
		})
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// copyFrom opens a file for use.
func copyFrom(name string, use func(f io.Reader, size int64) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return use(f, info.Size())
}

// writeSums writes the checksums of all files, for sha256sum -c.
func (r *release) writeSums() error {
	files, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	return r.writeFile("SHA256SUMS", func(w io.Writer) error {
		for _, f := range files {
			if f.Name() == "SHA256SUMS" {
				continue
			}
			sum := sha256.New()
			err := copyFrom(filepath.Join(r.out, f.Name()), func(content io.Reader, _ int64) error {
				_, err := io.Copy(sum, content)
				return err
			})
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%x  %s\n", sum.Sum(nil), f.Name()); err != nil {
				return err
			}
		}
		return nil
	})
}
