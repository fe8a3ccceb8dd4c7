package views

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	parser "github.com/a-h/templ/parser/v2"
)

// sameEverywhere are texts that are the same in all languages.
var sameEverywhere = []string{"Callboard", "https://"}

// spoken are the attributes that readers see or hear.
var spoken = []string{"title", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "placeholder", "alt", "label", "summary"}

var (
	letters = regexp.MustCompile(`\pL{2,}`)
	wordKey = regexp.MustCompile(`^[a-z]+(?:\.[a-zA-Z_0-9:-]*)+$`)
	literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// isWords reports whether a text needs a translation.
func isWords(text string) bool {
	for _, same := range sameEverywhere {
		text = strings.ReplaceAll(text, same, "")
	}
	return letters.MatchString(text)
}

// nodes calls f for every node of the tree v.
func nodes(v reflect.Value, f func(any)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Pointer {
			f(v.Interface())
		}
		nodes(v.Elem(), f)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				nodes(v.Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			nodes(v.Index(i), f)
		}
	}
}

// inTemplate returns the hardcoded words of a template.
func inTemplate(file *parser.TemplateFile) (found []string) {
	said := func(expression string) {
		for _, quoted := range literal.FindAllString(expression, -1) {
			if text, err := strconv.Unquote(quoted); err == nil && !wordKey.MatchString(text) && isWords(text) {
				found = append(found, text)
			}
		}
	}
	nodes(reflect.ValueOf(file), func(node any) {
		switch n := node.(type) {
		case *parser.Text:
			if isWords(n.Value) {
				found = append(found, n.Value)
			}
		case *parser.StringExpression:
			said(n.Expression.Value)
		case *parser.ConstantAttribute:
			if slices.Contains(spoken, n.Key.String()) && isWords(n.Value) {
				found = append(found, n.Value)
			}
		case *parser.ExpressionAttribute:
			if slices.Contains(spoken, n.Key.String()) {
				said(n.Expression.Value)
			}
		}
	})
	return found
}

// TestNoWordsInViews finds hardcoded words in templates.
func TestNoWordsInViews(t *testing.T) {
	for _, name := range templates(t) {
		file, err := parser.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range inTemplate(file) {
			t.Errorf("%s says %q", name, text)
		}
	}
	file, err := parser.ParseString("package x\ntempl X(p Page) {\n<p title=\"Hang up\">Callboard Hello { \"Good bye\" } { p.t(\"nav.board\") } · <b aria-label={ \"No \" + p.t(\"nav.team\") }></b></p>\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := inTemplate(file); len(got) != 4 {
		t.Errorf("of four words only %q are found", got)
	}
}

// TestNoWordsInModels finds hardcoded sentences in the code of models.
func TestNoWordsInModels(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(`^[^<>{}=!]*\pL{2,} \pL{2,}`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") {
			continue
		}
		file, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok { // for programmers
				if f, ok := call.Fun.(*ast.Ident); ok && f.Name == "panic" {
					return false
				}
			}
			if field, ok := n.(*ast.Field); ok && field.Tag != nil {
				return false
			}
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, err := strconv.Unquote(l.Value)
				if err == nil && sentence.MatchString(text) && !slices.Contains(notSaid, text) {
					t.Errorf("%s says %q", name, text)
				}
			}
			return true
		})
	}
}

// notSaid are texts of several words that are not for readers.
var notSaid = []string{"light dark"}

// TestNoWordsInScript finds hardcoded words in scripts, which take texts from data
// attributes.
func TestNoWordsInScript(t *testing.T) {
	files, err := filepath.Glob("../static/src/*.js")
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, ".test.js") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, said := range inScript(string(text)) {
			t.Errorf("%s says %q", filepath.Base(name), said)
		}
	}
	for script, want := range map[string]int{
		`e.textContent = "Nobody is here";`: 1, "e.title = `Call ${n} now`": 1, `put(e, 'Ended')`: 1, `e.append("Save")`: 1,
		`$("#board .row[data-state=held]"); // Nobody says this`: 0, `/* "Nor this one" */ key === "Enter"`: 0, `"use strict"`: 0,
	} {
		if got := inScript(script); len(got) != want {
			t.Errorf("%s: %q", script, got)
		}
	}
}

var (
	comment = regexp.MustCompile(`(?m)/\*(?s:.*?)\*/|(?:^|\s)//.*$`)
	quoted  = regexp.MustCompile("\"(?:[^\"\\\\\n]|\\\\.)*\"|'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`")
	hole    = regexp.MustCompile(`\$\{[^}]*\}`)
	speech  = regexp.MustCompile(`^\s*\p{Lu}\p{Ll}+[.!?…:]*\s*$|^\s*\p{Lu}\pL* \pL|^\s*\pL+,? \pL+ \pL+`)
	code    = regexp.MustCompile(`[#\[\]=<>{}]|^\.|^(?:use strict|GET|POST|PUT|Accept|Content-Type|Content-Disposition)$`)
)

// namesInScript are names of keys, errors and the like.
var namesInScript = []string{"Enter", "Escape", "Tab", "Home", "End", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Shift", "Delete", "Backspace", "PageUp", "PageDown", "NotAllowedError", "NotFoundError", "AbortError", "X"}

// inScript returns the string literals of a script that look like sentences.
func inScript(script string) (found []string) {
	for _, q := range quoted.FindAllString(comment.ReplaceAllString(script, " "), -1) {
		text := hole.ReplaceAllString(q[1:len(q)-1], "xx")
		if speech.MatchString(text) && !code.MatchString(text) && !slices.Contains(namesInScript, text) {
			found = append(found, text)
		}
	}
	return found
}

// TestTimesAreFormattedInAZone: a layout of a clock or a date stands in one
// place, which asks for the time zone of the team.
func TestTimesAreFormattedInAZone(t *testing.T) {
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	layout := regexp.MustCompile(`Format\((?:"[^"]*(?:15|04|02|2006)[^"]*"|time\.)`)
	places := map[string]int{}
	for _, file := range files {
		if (filepath.Ext(file) == ".go" || filepath.Ext(file) == ".templ") && !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(file, "_templ.go") {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(layout.FindAll(src, -1)); n > 0 {
				places[file] = n
			}
		}
	}
	if len(places) != 1 || places["formats.go"] < 7 {
		t.Errorf("times are formatted in %v, want formats.go alone", places)
	}
}
