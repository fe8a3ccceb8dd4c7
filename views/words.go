package views

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Lang is a language of pages. The zero value is shown in English.
type Lang string

// The languages. Every text exists in each of them.
const (
	English Lang = "en"
	German  Lang = "de"
)

// Langs are all languages, the default first.
var Langs = []Lang{English, German}

//go:embed words/*.json
var wordFiles embed.FS

// dictionary holds the texts of one language.
type dictionary struct {
	plain   map[string]string // texts without plural forms
	printer *message.Printer  // formats numbers and plural forms
}

var (
	dictionaries = map[Lang]*dictionary{}
	matcher      language.Matcher
)

func init() {
	var tags []language.Tag
	builder := catalog.NewBuilder(catalog.Fallback(language.English))
	for _, l := range Langs {
		tag := language.Make(string(l))
		tags = append(tags, tag)
		plain, err := load(builder, tag, l, nil)
		if err != nil {
			panic(fmt.Sprintf("views: words/%s.json: %v", l, err))
		}
		dictionaries[l] = &dictionary{plain, message.NewPrinter(tag, message.Catalog(builder))}
	}
	matcher = language.NewMatcher(tags)
}

// load reads the file of a language. A value is a text, or an object with a text
// for each plural form of the first argument: {"=0": …, "one": …, "other": …}.
// If transform is not nil, it is applied to every text.
func load(to *catalog.Builder, tag language.Tag, l Lang, transform func(string) string) (plain map[string]string, err error) {
	if transform == nil {
		transform = func(text string) string { return text }
	}
	raw, err := wordFiles.ReadFile("words/" + string(l) + ".json")
	if err != nil {
		return nil, err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, err
	}
	plain = make(map[string]string, len(entries))
	for key, value := range entries {
		var text string
		if json.Unmarshal(value, &text) == nil {
			text = transform(text)
			plain[key] = text
			if !strings.Contains(text, "%") {
				continue // needs no printer
			}
			if err := to.SetString(tag, key, text); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			continue
		}
		var forms map[string]string
		if err := json.Unmarshal(value, &forms); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		for form, text := range forms {
			forms[form] = transform(text)
		}
		if err := to.Set(tag, key, plural.Selectf(1, "%d", ordered(forms)...)); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return plain, nil
}

// ordered returns the forms for plural.Selectf, exact counts first.
func ordered(forms map[string]string) []any {
	var exact, named []any
	for form, text := range forms {
		if strings.HasPrefix(form, "=") {
			exact = append(exact, form, text)
		} else if form != "other" {
			named = append(named, form, text)
		}
	}
	return append(append(exact, named...), "other", forms["other"])
}

// ParseLang returns the best language for an Accept-Language header or for a
// single tag such as "de_DE", sipgate's form of a user's locale. The default is
// English.
func ParseLang(accept string) Lang {
	if len(accept) > 500 {
		accept = accept[:500]
	}
	if lang, ok := parsed.Load(accept); ok {
		return lang.(Lang)
	}
	lang := parseLang(accept)
	if parsedCount.Add(1) < 1000 { // browsers of one office send few
		parsed.Store(accept, lang)
	}
	return lang
}

var (
	parsed      sync.Map // languages by Accept-Language
	parsedCount atomic.Int64
)

func parseLang(accept string) Lang {
	wanted, _, err := language.ParseAcceptLanguage(strings.ReplaceAll(accept, "_", "-"))
	if err != nil || len(wanted) == 0 {
		return English
	}
	_, i, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return English
	}
	return Langs[i]
}

func (l Lang) dictionary() *dictionary {
	if d, ok := dictionaries[l]; ok {
		return d
	}
	if l == Pseudo {
		return pseudoDictionary()
	}
	return dictionaries[English]
}

// T returns the text for key. Numbers among args are formatted for the language.
// T panics if the key does not exist; tests render every view.
func (l Lang) T(key string, args ...any) string {
	d := l.dictionary()
	text, ok := d.plain[key]
	switch {
	case ok && (len(args) == 0 || !strings.Contains(text, "%")):
		return text
	case len(args) == 0:
		panic("views: no text for " + key)
	}
	if ok && len(args) == 1 {
		if arg, ok := args[0].(string); ok { // the most frequent case, which needs no printer
			before, after, found := strings.Cut(text, "%[1]s")
			if found && !strings.Contains(before, "%") && !strings.Contains(after, "%") {
				return before + arg + after
			}
		}
	}
	return d.printer.Sprintf(message.Key(key, "!(missing words) "+key), args...)
}

// Has reports whether key has a text without plural forms.
func (l Lang) Has(key string) bool {
	_, ok := l.dictionary().plain[key]
	return ok
}

// String returns the language tag for the lang attribute of HTML.
func (l Lang) String() string {
	if _, ok := dictionaries[l]; ok || l == Pseudo {
		return string(l)
	}
	return string(English)
}
