package team

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPhonebook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p PrivateNames
		mia, tom := MemberID{"1", "w0"}, MemberID{"1", "w1"}
		other := MemberID{"2", "w0"} // the same user of another account
		if p.Name(mia, "+4930") != "" || p.Age(mia) != math.MaxInt64 {
			t.Error("something is known of a stranger")
		}
		told := map[string]string{"+4930": "Grandma", "+4931": "", "": "Nobody"}
		if !p.Set(mia, told) || p.Set(mia, told) || p.Set(tom, nil) {
			t.Error("changed, or not")
		}
		told["+4930"] = "another"
		time.Sleep(time.Minute)
		if got := p.Name(mia, "+4930"); got != "Grandma" || p.Age(mia) != time.Minute {
			t.Errorf("%q, %v old", got, p.Age(mia))
		}
		for _, m := range []MemberID{tom, other} {
			if got := p.Name(m, "+4930"); got != "" {
				t.Errorf("%s reads %q in another's book", m, got)
			}
		}
		if p.Name(mia, "") != "" || p.Name(mia, "+4931") != "" {
			t.Error("a name for nobody")
		}
		if !p.Set(mia, map[string]string{"+4932": "Uncle"}) || p.Name(mia, "+4930") != "" || p.Name(mia, "+4932") != "Uncle" || p.Age(mia) != 0 {
			t.Error("names are not replaced")
		}
		p.Forget(mia)
		if p.Name(mia, "+4932") != "" || p.Age(mia) != math.MaxInt64 {
			t.Error("not forgotten")
		}
	})
}

// A book is bounded, and which names are kept does not depend on chance.
func TestPhonebookIsBounded(t *testing.T) {
	var p PrivateNames
	names := map[string]string{}
	for i := range mostPrivateNames + 100 {
		names[fmt.Sprintf("+49%05d", i)] = "x"
	}
	m := MemberID{"1", "w0"}
	if !p.Set(m, names) || p.Set(m, names) {
		t.Error("changed, or not")
	}
	if p.Name(m, "+4904999") == "" || p.Name(m, "+4905000") != "" {
		t.Error("not the lowest 5,000 are kept")
	}
}

func TestPhonebookConcurrently(t *testing.T) {
	var p PrivateNames
	var wg sync.WaitGroup
	for i := range 8 {
		m := MemberID{"1", "w0"}
		wg.Go(func() {
			for range 200 {
				p.Set(m, map[string]string{"+4930": fmt.Sprint(i)})
				p.Name(m, "+4930")
				p.Age(m)
				p.Forget(m)
			}
		})
	}
	wg.Wait()
}

func BenchmarkPhonebook(b *testing.B) {
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
