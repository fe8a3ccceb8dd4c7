package acceptance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"callboard/handlers/acceptance/harness"
)

// replacedWords are words that names of this program do not use, because
// telephony and the web have a standard term. A row reads
//
//	folder ~ words   parts of any name: deed forbids deedHold and deeds_test.go
//	folder = words   whole names of packages' declarations, methods and fields
//
// and covers the folders below; "." is the whole tree. Words that are also
// ordinary names elsewhere are forbidden only where they had another meaning.
const replacedWords = `
	# permission, action
	.                    ~ deed deeds wish wishes lendable lent muster crew unask whom exhibit glide unsee graves courier madeface backface privately
	.                    ~ nobody somebody everybody aperson forgers troubled mostidle catchup
	.                    = carryOut onRecord refuseDeed mayOn findOut pushGate askingReply neutralReply StopAsking Visitor whomField
	handlers             = entry news tell pass tend standing roll least wall walls people aPerson starting answer watched failing paced reach known upstream again left
	handlers             = owe owed settle ending recall turn job Plus
	views                = desk Desk Strip hung Picture face sheet sheets Permit Lacks Why lacking learn Finding Way Plus Choices chosen
	views                ~ exhibit figures
	web                  = reach again left mostIdle input readable Checked Texts Ask
	sipgate/team         = Through standing rules roll least Choices chooser chosen choose Hooks Kept Keep owe owed settle ending Wall Walls wall
	sipgate/team         = flight launch land bury buried proof patience reach ahead Lendable
	sipgate/switchboard  = Attention Attend lease Asking ask Leaving waiting After recall print Do job turn grave bury sight see shows proofs wide loose lose
	sipgate/switchboard  = doubt deny witnesses word told absence look sweep alarm nudge dueAt Order Playing Want Was About Gone Seen Earlier Whose
	sipgate/switchboard  = Outside Inside Talking Exchange aside rest hurry alone Renew Look Listen
	sipgate/stats        ~ figures
	sipgate/stats        = line lines tells waits
	sipgate/journal      = News sought listed Is gone base remember waits line tells marker markEntry
	sipgate/callhistory  = Takes Mentions marker markEntry
	sipgate/directory    = Unclear Freshen Called away strip
	sipgate/account      = needs Finding Way learn lacking
	sipgate/webhook      = owns gate forgers
	sipgate/announcement = treat tame quiet Levelled Outline Wave
	sipgate/simulator    ~ courier workday dice
	sipgate/simulator    = truth tape score act plan most

	# scripts and styles
	static/src           ~ whom glide deed deeds exhibit tape
	static/src           = act pin mine strip face sheet desk
`

// replacedFiles are names of files that had a private word.
const replacedFiles = `
	crew.go muster.go together.go once.go do.go known.go next.go tend.go callpast.go deeds.go wishes.go walls.go wall.go choices.go figures.go desk.go exhibit.go
	crew_test.go figures_test.go choices_test.go walls_test.go desk.templ exhibit.templ choices.templ figures.templ whom.templ sheets.templ
	act.js pin.js glide.js mine.js tape.js whom.js desk.css sheets.css whom.css figures.css
`

// documentID matches test names that begin with an id of a document outside of
// the repository.
var documentID = regexp.MustCompile(`^(Test|Benchmark|Fuzz)[A-Z]\d`)

// countedMost matches limits that are not named max….
var countedMost = regexp.MustCompile(`^most[A-Z]`)

// TestVocabulary reports names that use a replaced word.
func TestVocabulary(t *testing.T) {
	root := harness.File(t, ".")
	rules := parseRules(t, replacedWords)
	files := strings.Fields(replacedFiles)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		at = filepath.ToSlash(at)
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "vendor", "testdata", "dist"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if slices.Contains(files, d.Name()) {
			t.Errorf("%s: the name of the file was replaced", at)
		}
		for _, n := range namesIn(t, name, at) {
			for _, complaint := range rules.check(path.Dir(at), n) {
				t.Errorf("%s: %s", at, complaint)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestVocabularyNotices shows that each kind of rule reports what it forbids.
func TestVocabularyNotices(t *testing.T) {
	rules := parseRules(t, "a ~ deed\na/b = Look")
	for _, test := range []struct {
		dir  string
		n    name
		want bool
	}{
		{"a", name{"refuseDeed", false}, true}, {"a/b", name{"DEED_ID", false}, true}, {"a", name{"indeed", true}, false}, {"c", name{"deed", true}, false},
		{"a/b", name{"Look", true}, true}, {"a/b", name{"look", true}, true}, {"a/b", name{"Look", false}, false}, {"a/b", name{"LookUp", true}, false}, {"ab", name{"Look", true}, false},
		{"c", name{"TestF06", true}, true}, {"c", name{"mostTries", true}, true}, {"c", name{"almost", true}, false},
	} {
		if got := len(rules.check(test.dir, test.n)) > 0; got != test.want {
			t.Errorf("%s in %s: reported is %v", test.n.text, test.dir, got)
		}
	}
}

// A name is an identifier in a file.
type name struct {
	text string
	top  bool // of a declaration of the package, a method or a field
}

type nameRule struct {
	dir   string
	parts bool
	words []string // in lower case
}

type nameRules []nameRule

func parseRules(t *testing.T, text string) (rules nameRules) {
	t.Helper()
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) < 3 || fields[1] != "~" && fields[1] != "=" {
			t.Fatalf("not a rule: %q", line)
		}
		rules = append(rules, nameRule{fields[0], fields[1] == "~", strings.Fields(strings.ToLower(strings.Join(fields[2:], " ")))})
	}
	return rules
}

// check returns what is wrong with a name of a file in dir.
func (rules nameRules) check(dir string, n name) (complaints []string) {
	if documentID.MatchString(n.text) {
		complaints = append(complaints, n.text+" names an id; name the property")
	}
	if countedMost.MatchString(n.text) {
		complaints = append(complaints, n.text+" should begin with max")
	}
	parts := nameParts(n.text)
	for _, r := range rules {
		if r.dir != "." && dir != r.dir && !strings.HasPrefix(dir, r.dir+"/") {
			continue
		}
		for _, w := range r.words {
			if r.parts && (slices.Contains(parts, w) || strings.ToLower(n.text) == w) || !r.parts && n.top && strings.ToLower(n.text) == w {
				complaints = append(complaints, n.text+" uses a replaced word")
			}
		}
	}
	return complaints
}

// nameParts splits a name at capitals, hyphens and underscores.
func nameParts(s string) (parts []string) {
	var part []rune
	flush := func() {
		if len(part) > 0 {
			parts = append(parts, strings.ToLower(string(part)))
		}
		part = nil
	}
	runes := []rune(s)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		startsWord := unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if startsWord {
			flush()
		}
		part = append(part, r)
	}
	flush()
	return parts
}

var (
	scriptName  = regexp.MustCompile(`\b(?:function\*?|class|const|let|var)\s+([A-Za-z_$][\w$]*)`)
	styleName   = regexp.MustCompile(`[.#]([a-z][\w-]*)(?:[^"']*\{|[,\s:>])`)
	templName   = regexp.MustCompile(`(?m)^(?:templ|func|type|var|const) (?:\([^)]*\) )?(\w+)`)
	templMarkup = regexp.MustCompile(`\b(?:id|class)="([^"{}]+)"`)
	comment     = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)^\s*//.*$`)
)

// namesIn returns the names that a file declares. Files that are generated, and
// this one, have none.
func namesIn(t *testing.T, file, at string) (names []name) {
	t.Helper()
	base := path.Base(at)
	if strings.HasSuffix(base, "_templ.go") || base == "vocabulary_test.go" {
		return nil
	}
	names = []name{{strings.TrimSuffix(base, path.Ext(base)), false}}
	ext := path.Ext(base)
	if !slices.Contains([]string{".go", ".js", ".css", ".templ"}, ext) {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if ext == ".go" {
		return append(names, goNames(t, file, text, strings.HasSuffix(base, "_test.go"))...)
	}
	clean := comment.ReplaceAllString(string(text), "")
	add := func(pattern *regexp.Regexp) {
		for _, m := range pattern.FindAllStringSubmatch(clean, -1) {
			for _, n := range strings.Fields(m[1]) {
				names = append(names, name{n, true})
			}
		}
	}
	switch ext {
	case ".js":
		add(scriptName)
	case ".css":
		add(styleName)
	case ".templ":
		add(templName)
		add(templMarkup)
	}
	return names
}

// goNames returns the identifiers that a Go file declares. Fields in tests, which
// are mostly columns of tables, count as local names.
func goNames(t *testing.T, file string, text []byte, isTest bool) (names []name) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	local := func(idents ...ast.Expr) {
		for _, e := range idents {
			if id, ok := e.(*ast.Ident); ok {
				names = append(names, name{id.Name, false})
			}
		}
	}
	top := map[*ast.Ident]bool{}
	for _, d := range parsed.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, s := range g.Specs {
				if v, ok := s.(*ast.ValueSpec); ok {
					for _, id := range v.Names {
						top[id] = true
					}
				}
			}
		}
	}
	members := func(list *ast.FieldList) {
		if isTest {
			return
		}
		for _, f := range list.List {
			for _, id := range f.Names {
				top[id] = true
			}
		}
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names = append(names, name{n.Name.Name, true})
		case *ast.TypeSpec:
			names = append(names, name{n.Name.Name, true})
		case *ast.StructType:
			members(n.Fields)
		case *ast.InterfaceType:
			members(n.Methods)
		case *ast.Field:
			for _, id := range n.Names {
				names = append(names, name{id.Name, top[id]})
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				names = append(names, name{id.Name, top[id]})
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				local(n.Lhs...)
			}
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				local(n.Key, n.Value)
			}
		}
		return true
	})
	return names
}
