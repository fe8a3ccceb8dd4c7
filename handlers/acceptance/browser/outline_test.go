package browser

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"callboard/handlers/acceptance/harness"
	"callboard/views"
)

var updateOutlines = flag.Bool("update", false, "write the outlines of testdata/outline anew")

// What a screen reader is told of a row and of each dialog is what was read
// when it was last changed: testdata/outline, to be read aloud. Write it anew
// with
//
//	go test -run TestBrowserAccessibilityTree -update .
func TestBrowserAccessibilityTree(t *testing.T) {
	t.Parallel()
	s := harness.NewDemo(t)
	p := newBrowser(t, s).still(t)
	for _, name := range views.GalleryNames() {
		root := "listitem"
		switch {
		case strings.HasPrefix(name, "dialog-"):
			root = "dialog"
		case !slices.Contains([]string{"row-ringing", "row-recording", "row-leaving", "row-failed", "row-watched", "row-ended"}, name):
			continue
		}
		p.exhibit(name, views.English, "light")
		got := p.outline(root)
		file := filepath.Join("testdata", "outline", name+".txt")
		if *updateOutlines {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s is read otherwise (-before +now):\n%s", name, diff)
		}
	}
}

// outline is what the browser tells a screen reader of the first element with
// a role, and of all in it: a line each, with what it is, how it is called and
// how it stands.
func (p *tab) outline(role string) string {
	p.t.Helper()
	tree, err := chromedp.Run(p.ctx, func(ctx context.Context, at *chromedp.Target) ([]*accessibility.Node, error) {
		if _, err := cdp.Call(ctx, at, accessibility.Enable, cdp.Empty{}); err != nil {
			return nil, err
		}
		r, err := cdp.Call(ctx, at, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		return r.Nodes, err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	nodes := map[accessibility.NodeID]*accessibility.Node{}
	for _, n := range tree {
		nodes[n.NodeID] = n
	}
	var out strings.Builder
	main := slices.IndexFunc(tree, func(n *accessibility.Node) bool { return said(n.Role) == "main" })
	for _, n := range tree {
		if said(n.Role) == role && !n.Ignored && (role == "dialog" || inside(nodes, n, tree[main].NodeID)) {
			spell(&out, nodes, n, 0, "")
			return out.String()
		}
	}
	p.t.Fatalf("nothing with the role %s", role)
	return ""
}

// said is a value as text, without the quotes of JSON.
func said(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var value any
	if err := json.Unmarshal(v.Value, &value); err != nil {
		return ""
	}
	return fmt.Sprint(value)
}

func inside(nodes map[accessibility.NodeID]*accessibility.Node, n *accessibility.Node, place accessibility.NodeID) bool {
	for ; n != nil; n = nodes[n.ParentID] {
		if n.NodeID == place {
			return true
		}
	}
	return false
}

// plain are the roles of boxes that are not spoken of where they have no name.
var plain = []string{"generic", "paragraph", "LabelText", "Legend", "form", "time"}

// spell writes a node and what is in it. Boxes that mean nothing leave no
// line, and neither does text that repeats the name of what it stands in.
func spell(out *strings.Builder, nodes map[accessibility.NodeID]*accessibility.Node, n *accessibility.Node, depth int, above string) {
	role, name := said(n.Role), said(n.Name)
	var line string
	switch {
	case n.Ignored, role == "none", slices.Contains(plain, role) && name == "":
	case role == "InlineTextBox", role == "ListMarker":
		return
	case role == "StaticText":
		if strings.TrimSpace(name) == "" || strings.Contains(above, name) {
			return
		}
		line = fmt.Sprintf("%q", name)
	default:
		line = strings.TrimSpace(fmt.Sprintf("%s %s", role, states(n)))
		if name != "" {
			line += fmt.Sprintf(" %q", name)
		}
		if d := said(n.Description); d != "" {
			line += fmt.Sprintf(" (%s)", d)
		}
		if v := said(n.Value); v != "" && v != name {
			line += " = " + v
		}
	}
	if line != "" {
		fmt.Fprintf(out, "%s%s\n", strings.Repeat("  ", depth), line)
		depth++
	}
	if name != "" {
		above = name
	}
	for _, id := range n.ChildIDs {
		if child := nodes[id]; child != nil {
			spell(out, nodes, child, depth, above)
		}
	}
}

// states are those properties that are spoken.
func states(n *accessibility.Node) string {
	var all []string
	for _, p := range n.Properties {
		switch v := said(p.Value); p.Name {
		case "level", "pressed", "checked", "expanded":
			all = append(all, string(p.Name)+" "+v)
		case "disabled", "modal", "required", "busy", "invalid":
			if v == "true" {
				all = append(all, string(p.Name))
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
