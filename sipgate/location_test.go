package sipgate

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var update = flag.Bool("update", false, "rewrite places.txt from the data of the library")

func TestLocationName(t *testing.T) {
	for _, test := range []struct{ number, home, german, english string }{
		{"+493012345678", "DE", "Berlin", "Berlin"},
		{"+492211234567", "DE", "Köln", "Cologne"},
		{"+492211234567", "", "Köln, Deutschland", "Cologne, Germany"},
		{"+492211234567", "AT", "Köln, Deutschland", "Cologne, Germany"},
		{"+498912345678", "DE", "München", "Munich"},
		{"+4915799912345", "DE", "", ""}, // mobile: no town
		{"+4915799912345", "CH", "Deutschland", "Germany"},
		{"+49800123456", "DE", "", ""},
		{"+4312345678", "DE", "Wien, Österreich", "Vienna, Austria"},
		{"+4312345678", "AT", "Wien", "Vienna"},
		{"+4366412345678", "DE", "Österreich", "Austria"},
		{"+41443642525", "DE", "Zürich, Schweiz", "Zurich, Switzerland"},
		{"+12125551234", "DE", "Vereinigte Staaten", "United States"},
		{"+14165551234", "DE", "Kanada", "Canada"},
		{"+442079460958", "DE", "Vereinigtes Königreich", "United Kingdom"},
		{"+447700900123", "GB", "", ""},
		{"+33142685300", "DE", "Frankreich", "France"},
		{"+390612345678", "DE", "Italien", "Italy"},
		{"+77172123456", "DE", "Kasachstan", "Kazakhstan"},
		{"+80012345678", "DE", "", ""}, // freephone, no country
		{"+870772001234", "DE", "", ""},
		{"+9991234567", "DE", "", ""},
		{"4922112345678", "DE", "", ""}, // no plus sign: may be an extension
		{"+110", "DE", "", ""},
		{"112", "DE", "", ""},
		{"e0", "DE", "", ""},
		{"anonymous", "DE", "", ""},
		{"+", "DE", "", ""},
		{"", "DE", "", ""},
		{"+" + strings.Repeat("4", 1000), "DE", "", ""},
	} {
		for range 2 { // the second time from the cache
			if got := LocationName(test.number, "de", test.home); got != test.german {
				t.Errorf("%s seen from %q: %q, want %q", test.number, test.home, got, test.german)
			}
			if got := LocationName(test.number, "en", test.home); got != test.english {
				t.Errorf("%s seen from %q: %q, want %q", test.number, test.home, got, test.english)
			}
		}
	}
}

// TestLocationData checks that places.txt matches the library: each area of
// its German table with both names, and each country. With -update it rewrites
// the file, as is necessary after an update of the library.
func TestLocationData(t *testing.T) {
	var lines []string
	add := func(key, german, english string) {
		line := key + "\t" + german
		if english != german {
			line += "\t" + english
		}
		lines = append(lines, line+"\n")
	}
	german, english := areas(t, "de"), areas(t, "en")
	for prefix, town := range german {
		if len(prefix) < minAreaCode || len(prefix) > maxAreaCode {
			t.Errorf("an area of %d digits: %s", len(prefix), prefix)
		}
		add(prefix, town, cmp.Or(english[prefix], town))
	}
	inGerman, inEnglish := display.Regions(language.German), display.Regions(language.English)
	for code := range phonenumbers.GetSupportedRegions() {
		region := language.MustParseRegion(code)
		add(code, inGerman.Name(region), inEnglish.Name(region))
	}
	slices.SortFunc(lines, func(a, b string) int {
		x, _, _ := strings.Cut(a, "\t")
		y, _, _ := strings.Cut(b, "\t")
		return strings.Compare(x, y)
	})
	want := strings.Join(lines, "")
	if *update {
		if err := os.WriteFile("places.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if locations != want {
		t.Fatal("places.txt is not what the library knows: go test ./sipgate -run TestPlacesFile -update")
	}
	if *update {
		return
	}
	for _, lang := range []string{"de", "en"} {
		for _, line := range lines {
			if key, _, _ := strings.Cut(line, "\t"); locationEntry(key, lang) == "" {
				t.Errorf("%s is not found", key)
			}
		}
	}
	if locationEntry("", "de")+locationEntry("\t", "de")+locationEntry("zz", "de")+locationEntry("0", "en") != "" {
		t.Error("a name for nothing")
	}
}

// For a number of each area, the German town is the one that the library
// finds.
func TestLocationsMatchLibrary(t *testing.T) {
	for prefix := range areas(t, "de") {
		number := "+" + prefix + strings.Repeat("2", max(0, 11-len(prefix)))
		parsed, err := phonenumbers.Parse(number, "ZZ")
		if err != nil {
			t.Fatal(number, err)
		}
		want, err := phonenumbers.GetGeocodingForNumber(parsed, "de")
		if got := townName(number[1:], "de"); err != nil || got != want {
			t.Errorf("%s: %q, the library says %q (%v)", number, got, want, err)
		}
	}
}

// Nothing is decompressed, and results are cached.
func BenchmarkLocationName(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			place("+492211234567", "de", "DE")
		}
	})
	b.Run("again", func(b *testing.B) {
		for b.Loop() {
			LocationName("+492211234567", "de", "DE")
		}
	})
}

// areas reads one language of the library's data: names by number prefix. The
// format is: length of the names, the names, number of areas, and for each
// area the difference to the previous prefix and the index of its name.
func areas(t *testing.T, lang string) map[string]string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/nyaruka/phonenumbers").Output()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "data", "prefix_to_geocodings", lang+".txt.gz"))
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	size := binary.LittleEndian.Uint32(raw)
	names := strings.Split(string(raw[4:4+size]), "\n")
	raw = raw[4+size:]
	count := binary.LittleEndian.Uint32(raw)
	raw = raw[4:]
	found, prefix := make(map[string]string, count), uint64(0)
	for range count {
		step, n := binary.Uvarint(raw)
		prefix += step
		found[strconv.FormatUint(prefix, 10)] = names[binary.LittleEndian.Uint16(raw[n:])]
		raw = raw[n+2:]
	}
	return found
}
