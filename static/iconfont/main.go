// Iconfont writes the font of the icons that style sheets draw. An icon is then a
// character: it has the colour of the text around it, and costs a browser no more
// than a letter.
//
// It runs in the folder of package static, by go generate. It reads the drawings in
// icons.svg and the names that src/css uses, as in var(--i-hold), and writes the font,
// dist/icons.otf, and the characters by name, src/css/icons.css.
package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

const (
	drawings   = "icons.svg"
	font       = "dist/icons.otf"
	characters = "src/css/icons.css"
	first      = 0xE000 // the first character of private use
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("iconfont: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	names, err := used("src/css/*.css")
	if err != nil {
		return err
	}
	icons, err := read(drawings)
	if err != nil {
		return err
	}
	css := bytes.NewBufferString("/* Written by iconfont. The characters of the font of icons. */\n@layer base {\n  :root {\n")
	glyphs := [][]byte{charString(nil)} // the first one stands for characters that the font lacks
	for i, name := range names {
		shapes, ok := icons[name]
		if !ok {
			return fmt.Errorf("no icon %q in %s", name, drawings)
		}
		outline, err := shapes.outline()
		if err != nil {
			return fmt.Errorf("icon %q: %w", name, err)
		}
		glyphs = append(glyphs, charString(outline))
		fmt.Fprintf(css, "    --i-%s: \"\\%x\";\n", name, first+i)
	}
	css.WriteString("  }\n}\n")
	if err := os.WriteFile(characters, css.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(font, openType(glyphs, first), 0o644)
}

var use = regexp.MustCompile(`var\(--i-([a-z_-]+)\)`)

// used returns the names of icons that style sheets use, in the order of the alphabet.
func used(pattern string) (names []string, err error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		css, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, m := range use.FindAllSubmatch(css, -1) {
			names = append(names, string(m[1]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// read returns the icons of a file by name.
func read(file string) (map[string]shapes, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var svg struct {
		Symbols []struct {
			ID     string `xml:"id,attr"`
			Shapes shapes `xml:",any"`
		} `xml:"symbol"`
	}
	if err := xml.Unmarshal(text, &svg); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	icons := map[string]shapes{}
	for _, s := range svg.Symbols {
		icons[s.ID] = s.Shapes
	}
	return icons, nil
}
