package team

import (
	"fmt"
	"sync"
	"testing"
)

// TestPrivateNames shows that names belong to one member, and that Set replaces
// them.
func TestPrivateNames(t *testing.T) {
	var p PrivateNames
	mia, tom := MemberID{"1", "w0"}, MemberID{"1", "w1"}
	other := MemberID{"2", "w0"} // the same user of another account
	if p.Name(mia, "+4930") != "" {
		t.Error("a name before the first Set")
	}
	names := map[string]string{"+4930": "Grandma", "+4931": "", "": "Unknown"}
	if !p.Set(mia, names) || p.Set(mia, names) || p.Set(tom, nil) {
		t.Error("Set does not report whether the names differ")
	}
	names["+4930"] = "another"
	if got := p.Name(mia, "+4930"); got != "Grandma" {
		t.Errorf("%q, want the name that was set", got)
	}
	for _, m := range []MemberID{tom, other} {
		if got := p.Name(m, "+4930"); got != "" {
			t.Errorf("%s gets %q, the name of another member", m, got)
		}
	}
	if p.Name(mia, "") != "" || p.Name(mia, "+4931") != "" {
		t.Error("a name for an empty number, or an empty name")
	}
	if !p.Set(mia, map[string]string{"+4932": "Uncle"}) || p.Name(mia, "+4930") != "" || p.Name(mia, "+4932") != "Uncle" {
		t.Error("the names were not replaced")
	}
	p.Forget(mia)
	if p.Name(mia, "+4932") != "" {
		t.Error("a name after Forget")
	}
}

// TestPrivateNamesAreLimited shows that the names of the lowest numbers are kept.
func TestPrivateNamesAreLimited(t *testing.T) {
	var p PrivateNames
	names := map[string]string{}
	for i := range maxPrivateNames + 100 {
		names[fmt.Sprintf("+49%05d", i)] = "x"
	}
	m := MemberID{"1", "w0"}
	if !p.Set(m, names) || p.Set(m, names) {
		t.Error("Set does not report whether the names differ")
	}
	if p.Name(m, "+4904999") == "" || p.Name(m, "+4905000") != "" {
		t.Error("the names of other than the lowest 5,000 numbers are kept")
	}
}

func TestPrivateNamesConcurrently(t *testing.T) {
	var p PrivateNames
	var wg sync.WaitGroup
	for i := range 8 {
		m := MemberID{"1", "w0"}
		wg.Go(func() {
			for range 200 {
				p.Set(m, map[string]string{"+4930": fmt.Sprint(i)})
				p.Name(m, "+4930")
				p.Forget(m)
			}
		})
	}
	wg.Wait()
}

func BenchmarkPrivateNames(b *testing.B) {
	var p PrivateNames
	m := MemberID{"1", "w0"}
	p.Set(m, map[string]string{"+4930": "Grandma"})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.Name(m, "+4930")
		}
	})
}
