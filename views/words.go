package views

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"
)

// Lang is a language that pages are shown in. Its zero value shows English.
type Lang string

// The languages. Every word exists in each of them; a test sees to that.
const (
	English Lang = "en"
	German  Lang = "de"
)

// Langs are all languages, the one for everybody else first.
var Langs = []Lang{English, German}

//go:embed words/*.json
var wordFiles embed.FS

// A dictionary is one language, ready for use.
type dictionary struct {
	plain   map[string]string // texts as they stand in the file
	printer *message.Printer  // the others: numbers and plurals as the language has them
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

// load reads one language. A value of the file is either the text, or an
// object with the text for each plural form of the first argument:
// {"=0": …, "one": …, "other": …}. Each text is changed by write, if there is one.
func load(to *catalog.Builder, tag language.Tag, l Lang, write func(string) string) (plain map[string]string, err error) {
	if write == nil {
		write = func(text string) string { return text }
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
			text = write(text)
			plain[key] = text
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
			forms[form] = write(text)
		}
		if err := to.Set(tag, key, plural.Selectf(1, "%d", ordered(forms)...)); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return plain, nil
}

// ordered puts exact counts before the named forms, as plural.Selectf wants it.
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

// ParseLang chooses the language for a person from an Accept-Language header
// or from a single language tag such as "de_DE" (which is how sipgate tells a
// user's locale). Where nothing fits it is English.
func ParseLang(accept string) Lang {
	if len(accept) > 500 {
		accept = accept[:500]
	}
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

// T returns the words for key. Numbers among args are written as the language
// writes them. It panics if there is no such key: views are rendered by tests.
func (l Lang) T(key string, args ...any) string {
	d := l.dictionary()
	if len(args) == 0 {
		if text, ok := d.plain[key]; ok {
			return text
		}
		panic("views: no words for " + key)
	}
	if text, ok := d.plain[key]; ok && len(args) == 1 {
		if arg, ok := args[0].(string); ok { // most of them: no need for the printer
			before, after, found := strings.Cut(text, "%[1]s")
			if found && !strings.Contains(before, "%") && !strings.Contains(after, "%") {
				return before + arg + after
			}
		}
	}
	return d.printer.Sprintf(message.Key(key, "!(missing words) "+key), args...)
}

// Has tells whether there are words without arguments for key.
func (l Lang) Has(key string) bool {
	_, ok := l.dictionary().plain[key]
	return ok
}

// String is the language's tag, as the lang attribute of HTML wants it.
func (l Lang) String() string {
	if _, ok := dictionaries[l]; ok || l == Pseudo {
		return string(l)
	}
	return string(English)
}
