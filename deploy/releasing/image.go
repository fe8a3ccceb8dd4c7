package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// containerUser is the user and group of the program in a container: a number that
// no system gives to another user.
const containerUser = 65532

// writeImage writes the image for all Linux platforms as an archive of an OCI
// layout, which docker load, podman load and skopeo read.
func (r *release) writeImage(programs map[platform]string) error {
	var index v1.ImageIndex = mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range r.platforms {
		if p.os != "linux" {
			continue
		}
		image, err := r.image(p, programs[p])
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.os, Architecture: p.arch}}})
	}
	// One entry with a name, for which a program takes the image of its platform.
	index = mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), mutate.IndexAddendum{Add: index, Descriptor: v1.Descriptor{
		Annotations: map[string]string{"org.opencontainers.image.ref.name": r.number(), "io.containerd.image.name": "docker.io/library/callboard:" + r.number()},
	}})
	dir, err := os.MkdirTemp("", "callboard-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := layout.Write(dir, index); err != nil {
		return err
	}
	return r.writeFile(fmt.Sprintf("callboard_%s_image.tar", r.number()), func(w io.Writer) error {
		var sources []source
		err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name, err := filepath.Rel(dir, file)
			sources = append(sources, source{file, filepath.ToSlash(name), 0o644})
			return err
		})
		if err != nil {
			return err
		}
		return writeTar(w, sources, r.date)
	})
}

// image returns the image of a platform: the program, and a directory for its data.
func (r *release) image(p platform, program string) (v1.Image, error) {
	files, err := layerOf(program, r.date)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil }, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: v1.History{Created: v1.Time{Time: r.date}, CreatedBy: "deploy/release"}})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = p.os, p.arch, v1.Time{Time: r.date}
	config.Config = v1.Config{
		User:         fmt.Sprintf("%d:%d", containerUser, containerUser),
		Entrypoint:   []string{"/callboard"},
		Cmd:          []string{"serve"},
		Env:          []string{"CALLBOARD_ADDR=:8080", "CALLBOARD_DATA=/data"},
		WorkingDir:   "/",
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		Volumes:      map[string]struct{}{"/data": {}},
		StopSignal:   "SIGTERM",
		Healthcheck:  &v1.HealthConfig{Test: []string{"CMD", "/callboard", "healthcheck"}, Interval: 30 * time.Second, Timeout: 5 * time.Second, StartPeriod: 10 * time.Second, Retries: 3},
		Labels: map[string]string{
			"org.opencontainers.image.title":       "Callboard",
			"org.opencontainers.image.description": "Live dashboard of the calls of a sipgate telephone system",
			"org.opencontainers.image.version":     r.number(),
			"org.opencontainers.image.revision":    r.commit,
			"org.opencontainers.image.created":     r.date.Format(time.RFC3339),
		},
	}
	return mutate.ConfigFile(image, config)
}

// layerOf returns the files of the image. /tmp is for the demo, which has no other
// place where it may write.
func layerOf(program string, date time.Time) ([]byte, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	t := tar.NewWriter(&buf)
	headers := []*tar.Header{
		{Typeflag: tar.TypeReg, Name: "callboard", Mode: 0o755, Size: int64(len(content))},
		{Typeflag: tar.TypeDir, Name: "data/", Mode: 0o700, Uid: containerUser, Gid: containerUser},
		{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777},
	}
	for _, h := range headers {
		h.ModTime, h.Format = date, tar.FormatPAX
		if err := t.WriteHeader(h); err != nil {
			return nil, err
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := t.Write(content); err != nil {
				return nil, err
			}
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	return slices.Clip(buf.Bytes()), nil
}
