package acceptance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// TestNoTimeIsOfTheMachine: no code that ships uses the time zone of the process.
// Package team knows the zone of a team, and package views gets it from the
// handlers.
func TestNoTimeIsOfTheMachine(t *testing.T) {
	root, read := harness.File(t, "."), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "acceptance"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		read++
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, complaint := range machineTimes(t, filepath.Base(path), string(src)) {
			t.Error(strings.TrimPrefix(path, root), complaint)
		}
		return nil
	})
	if err != nil || read < 300 {
		t.Errorf("%d files read: %v", read, err)
	}
}

// machineTimes returns the uses of the process's time zone in a file, and the
// time zones that are loaded or times that are written as a clock away from
// where that is done.
func machineTimes(t *testing.T, name, src string) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	two := map[ast.Expr]bool{} // calls with two results: not those of time.Time
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == 2 && len(n.Rhs) == 1 {
				two[n.Rhs[0]] = true
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && (n.Sel.Name == "Local" || n.Sel.Name == "LoadLocation" && name != "zones.go") {
				found = append(found, fset.Position(n.Pos()).String()+": time."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Local" && len(n.Args) == 0 && !two[n] {
				found = append(found, fset.Position(n.Pos()).String()+": Local()")
			}
		}
		return true
	})
	return found
}

func TestMachineTimesAreNoticed(t *testing.T) {
	for src, want := range map[string]int{
		"x := time.Local":                  1,
		"f(t.Local())":                     1,
		"x := a.b.Local().Format(\"15\")":  1,
		"x, _ := time.LoadLocation(\"Z\")": 1,
		"number, name := e.Local()":        0,
		"x := t.In(zone)":                  0,
	} {
		if found := machineTimes(t, "x.go", "package p\nfunc g() {\n"+src+"\n}"); len(found) != want {
			t.Errorf("%s: %q", src, found)
		}
	}
}
