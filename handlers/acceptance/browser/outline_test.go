package browser

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"callboard/handlers/acceptance/harness"
	"callboard/views"
	"callboard/views/gallery"
)

var updateOutlines = flag.Bool("update", false, "update the trees in testdata/outline")

// clocks are what goes on while an example is open.
var clocks = regexp.MustCompile(`\b\d+(:\d\d)+\b`)

// What a screen reader gets of a row and of each dialog is as it was reviewed
// last: testdata/outline. Update it with
//
//	go test -run TestBrowserAccessibilityTree -update ./handlers/acceptance/browser
func TestBrowserAccessibilityTree(t *testing.T) {
	t.Parallel()
	s := harness.NewDemo(t)
	p := newBrowser(t, s).newStillTab(t)
	for _, name := range gallery.Names() {
		root := "listitem"
		switch {
		case strings.HasPrefix(name, "dialog-"):
			root = "dialog"
		case strings.HasPrefix(name, "strip"):
			root = "region"
		case !slices.Contains([]string{"row-ringing", "row-recording", "row-leaving", "row-failed", "row-watched", "row-ended"}, name):
			continue
		}
		p.openPreview(name, views.English, "light")
		got := clocks.ReplaceAllString(p.outline(root), "0:00")
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

// outline returns the accessibility tree of the first element with a role: one
// line for each node, with role, name and states.
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
	main := slices.IndexFunc(tree, func(n *accessibility.Node) bool { return valueText(n.Role) == "main" })
	for _, n := range tree {
		if valueText(n.Role) == role && !n.Ignored && (role == "dialog" || isInside(nodes, n, tree[main].NodeID)) {
			writeNode(&out, nodes, n, 0, "")
			return out.String()
		}
	}
	p.t.Fatalf("nothing with the role %s", role)
	return ""
}

// valueText returns a value as text, without the quotes of JSON.
func valueText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var value any
	if err := json.Unmarshal(v.Value, &value); err != nil {
		return ""
	}
	return fmt.Sprint(value)
}

func isInside(nodes map[accessibility.NodeID]*accessibility.Node, n *accessibility.Node, place accessibility.NodeID) bool {
	for ; n != nil; n = nodes[n.ParentID] {
		if n.NodeID == place {
			return true
		}
	}
	return false
}

// unspokenRoles are the roles of boxes that are not announced unless they have
// a name.
var unspokenRoles = []string{"generic", "paragraph", "LabelText", "Legend", "form", "time"}

// writeNode writes a node and its children. Boxes without meaning get no line,
// and neither does text that repeats the name of its parent.
func writeNode(out *strings.Builder, nodes map[accessibility.NodeID]*accessibility.Node, n *accessibility.Node, depth int, above string) {
	role, name := valueText(n.Role), valueText(n.Name)
	var line string
	switch {
	case n.Ignored, role == "none", slices.Contains(unspokenRoles, role) && name == "":
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
		if d := valueText(n.Description); d != "" {
			line += fmt.Sprintf(" (%s)", d)
		}
		if v := valueText(n.Value); v != "" && v != name {
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
			writeNode(out, nodes, child, depth, above)
		}
	}
}

// states returns the properties that are announced.
func states(n *accessibility.Node) string {
	var all []string
	for _, p := range n.Properties {
		switch v := valueText(p.Value); p.Name {
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
