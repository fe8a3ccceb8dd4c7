package team

import (
	"context"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
)

// TestAccountsAreSeparate shows that the same user id in two accounts is two
// members, and that incomplete grants are rejected.
func TestAccountsAreSeparate(t *testing.T) {
	g := openGrants(t, newGrantsDB(t), newTokenEndpoint(t).oauth())
	put(t, g, ada, "AT-a", "RT-a", time.Hour)
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	if a, b := header(t, g, ada), header(t, g, bob); a != "Bearer AT-a" || b != "Bearer AT-b" {
		t.Errorf("headers %q and %q", a, b)
	}
	for _, m := range []MemberID{{"", "w0"}, {"111", ""}} {
		if g.Put(t.Context(), m, sipgate.Tokens{Access: "a", Refresh: "r"}) == nil {
			t.Errorf("stored a grant of %q", m)
		}
	}
	for _, tokens := range []sipgate.Tokens{{Access: "a"}, {Refresh: "r"}} {
		if g.Put(t.Context(), ada, tokens) == nil {
			t.Error("stored an incomplete grant")
		}
	}
}

func TestMembersAndDrop(t *testing.T) {
	e := newTokenEndpoint(t)
	g := openGrants(t, newGrantsDB(t), e.oauth())
	put(t, g, bob, "AT-b", "RT-b", time.Hour)
	put(t, g, ada, "AT-0", "RT-0", expired)

	members, err := g.Members(t.Context(), ada.Account)
	if !slices.Equal(members, []MemberID{ada}) || err != nil {
		t.Errorf("members %v, error %v", members, err)
	}
	// Drop waits for the refresh, and so returns the token that works.
	arrived, proceed := e.block()
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
	if members, _ := g.Members(t.Context(), ada.Account); len(members) != 0 {
		t.Errorf("members %v", members)
	}
	if members, _ := g.Members(t.Context(), bob.Account); !slices.Equal(members, []MemberID{bob}) {
		t.Errorf("members of the other account: %v", members)
	}
	if rt, err := g.Drop(t.Context(), ada); rt != "" || err != nil {
		t.Errorf("dropped %q twice, error %v", rt, err)
	}
	put(t, g, ada, "AT-2", "RT-2", time.Hour)
	if h := header(t, g, ada); h != "Bearer AT-2" {
		t.Errorf("header %q after signing in again", h)
	}
}

// TestDropDuringRefresh has a sign-out that does not wait for the refresh, and a
// sign-in right after it: the late refresh does not change the new grant.
func TestDropDuringRefresh(t *testing.T) {
	e := newTokenEndpoint(t)
	arrived, proceed := e.block()
	db := newGrantsDB(t)
	g := openGrants(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", expired)
	result := make(chan error)
	go func() {
		_, err := g.Credentials(ada).Authorization(t.Context())
		result <- err
	}()
	<-arrived
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Drop(ctx, ada); err == nil {
		t.Error("dropped with a canceled context")
	}
	if _, err := g.store.drop(t.Context(), ada, stored(t, db, ada).generation); err != nil {
		t.Fatal(err)
	}
	delete(g.grants, ada)
	put(t, g, ada, "AT-new", "RT-new", time.Hour)
	close(proceed)
	wantKind(t, <-result, sipgate.Unauthorized)
	if h := header(t, g, ada); h != "Bearer AT-new" || stored(t, db, ada).refreshToken != "RT-new" {
		t.Errorf("%q and %q after a late refresh", h, stored(t, db, ada).refreshToken)
	}
	e.wantRequests("RT-0")
}

// TestPutDuringRefresh has a sign-in while the old grant is being refreshed.
func TestPutDuringRefresh(t *testing.T) {
	e := newTokenEndpoint(t)
	arrived, proceed := e.block()
	db := newGrantsDB(t)
	g := openGrants(t, db, e.oauth())
	put(t, g, ada, "AT-0", "RT-0", expired)
	result := make(chan string)
	go func() {
		h, _ := g.Credentials(ada).Authorization(t.Context())
		result <- h
	}()
	<-arrived
	put(t, g, ada, "AT-new", "RT-new", time.Hour)
	close(proceed)
	if h := <-result; h != "Bearer AT-new" {
		t.Errorf("the waiting caller got %q", h)
	}
	if rt := stored(t, db, ada).refreshToken; rt != "RT-new" {
		t.Errorf("stored %q, want the token of the sign-in", rt)
	}
	e.wantRequests("RT-0")
}
