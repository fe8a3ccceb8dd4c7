package team

import (
	"context"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
)

// TestD12 shows that two accounts have different people of the same id.
func TestD12(t *testing.T) {
	g := grantsOf(t, memory(t), newEndpoint(t).oauth())
	put(t, g, ada, "AT-a", "RT-a", time.Hour)
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	if a, b := header(t, g, ada), header(t, g, bob); a != "Bearer AT-a" || b != "Bearer AT-b" {
		t.Errorf("headers %q and %q", a, b)
	}
	for _, m := range []MemberID{{"", "w0"}, {"111", ""}} {
		if g.Put(t.Context(), m, sipgate.Tokens{Access: "a", Refresh: "r"}) == nil {
			t.Errorf("took a grant of %q", m)
		}
	}
	for _, tokens := range []sipgate.Tokens{{Access: "a"}, {Refresh: "r"}} {
		if g.Put(t.Context(), ada, tokens) == nil {
			t.Error("took half a grant")
		}
	}
}

func TestMembersAndDrop(t *testing.T) {
	e := newEndpoint(t)
	g := grantsOf(t, memory(t), e.oauth())
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	put(t, g, ada, "AT-0", "RT-0", worn)

	members, err := g.Members(t.Context())
	if !slices.Equal(members, []MemberID{ada, bob}) || err != nil {
		t.Errorf("members %v, error %v", members, err)
	}
	// Drop waits for the refresh and so returns the token that works.
	arrived, proceed := e.hold()
	go g.Credentials(ada).Authorization(t.Context())
	<-arrived
	dropped := make(chan string)
	go func() {
		rt, err := g.Drop(t.Context(), ada)
		if err != nil {
			t.Error(err)
		}
		dropped <- rt
	}()
	close(proceed)
	if rt := <-dropped; rt != "RT-1" {
		t.Errorf("dropped %q, want the newest", rt)
	}
	_, err = g.Credentials(ada).Authorization(t.Context())
	wantKind(t, err, sipgate.Unauthorized)
	if members, _ := g.Members(t.Context()); !slices.Equal(members, []MemberID{bob}) {
		t.Errorf("members %v", members)
	}
	if rt, err := g.Drop(t.Context(), ada); rt != "" || err != nil {
		t.Errorf("dropped %q again, error %v", rt, err)
	}
	put(t, g, ada, "AT-2", "RT-2", time.Hour)
	if h := header(t, g, ada); h != "Bearer AT-2" {
		t.Errorf("header %q after signing in again", h)
	}
}

// TestDropDuringRefresh has a sign-out that does not wait, and a sign-in right
// after it: the late refresh of the old grant touches nothing of the new one.
func TestDropDuringRefresh(t *testing.T) {
	e := newEndpoint(t)
	arrived, proceed := e.hold()
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)
	result := make(chan error)
	go func() {
		_, err := g.Credentials(ada).Authorization(t.Context())
		result <- err
	}()
	<-arrived
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Drop(hurry, ada); err == nil {
		t.Error("dropped without having looked")
	}
	if _, err := g.store.drop(t.Context(), ada, stored(t, db, ada).generation); err != nil {
		t.Fatal(err)
	}
	delete(g.grants, ada)
	put(t, g, ada, "AT-new", "RT-new", time.Hour)
	close(proceed)
	wantKind(t, <-result, sipgate.Unauthorized)
	if h := header(t, g, ada); h != "Bearer AT-new" || stored(t, db, ada).refresh != "RT-new" {
		t.Errorf("%q and %q after a late refresh", h, stored(t, db, ada).refresh)
	}
	e.wantRequests("RT-0")
}

// TestPutDuringRefresh has a sign-in while the old grant is being refreshed.
func TestPutDuringRefresh(t *testing.T) {
	e := newEndpoint(t)
	arrived, proceed := e.hold()
	db := memory(t)
	g := grantsOf(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", worn)
	result := make(chan string)
	go func() {
		h, _ := g.Credentials(ada).Authorization(t.Context())
		result <- h
	}()
	<-arrived
	put(t, g, ada, "AT-new", "RT-new", time.Hour)
	close(proceed)
	if h := <-result; h != "Bearer AT-new" {
		t.Errorf("waiter got %q", h)
	}
	if rt := stored(t, db, ada).refresh; rt != "RT-new" {
		t.Errorf("stored %q, want the token of the sign-in", rt)
	}
	e.wantRequests("RT-0")
}
