package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// A bom is a list of components in the format CycloneDX 1.5.
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   bomMetadata `json:"metadata"`
	Components []component `json:"components"`
}

type bomMetadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

// A component is a module or the toolchain.
type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
}

// writeSBOM writes which modules are in the programs, as these say themselves.
func (r *release) writeSBOM(programs map[platform]string) error {
	found := map[string]component{}
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return err
		}
		add := func(name, version string) {
			url := fmt.Sprintf("pkg:golang/%s@%s", name, version)
			found[url] = component{"library", url, name, version, url}
		}
		add("stdlib", info.GoVersion[len("go"):])
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			add(m.Path, m.Version)
		}
	}
	b := bom{"CycloneDX", "1.5", 1, bomMetadata{r.date.Format(time.RFC3339), component{"application", "callboard", "callboard", r.number(), ""}}, nil}
	for _, url := range slices.Sorted(maps.Keys(found)) {
		b.Components = append(b.Components, found[url])
	}
	return r.writeFile(fmt.Sprintf("callboard_%s.cdx.json", r.number()), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "\t")
		return e.Encode(b)
	})
}
