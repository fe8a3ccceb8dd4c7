package team

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
)

func TestRelayPolicy(t *testing.T) {
	own, err := url.Parse("https://board.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ address, want, private string }{
		{"https://crm.example/hook?x=1#part", "https://crm.example/hook?x=1", ""},
		{" https://user:pw@CRM.example:8443/ ", "https://user:pw@crm.example:8443/", ""},
		{"https://board.example:8443/push", "https://board.example:8443/push", ""},
		{"http://crm.example/", "relay_https", "http://crm.example/"},
		{"http://127.0.0.1:8080/", "relay_https", "http://127.0.0.1:8080/"},
		{"https://127.0.0.1/", "relay_private", "https://127.0.0.1/"},
		{"https://[::1]:8080/", "relay_private", "https://[::1]:8080/"},
		{"https://[::ffff:10.0.0.1]/", "relay_private", "https://[::ffff:10.0.0.1]/"},
		{"https://192.168.1.5/", "relay_private", "https://192.168.1.5/"},
		{"https://LOCALHOST/", "relay_private", "https://localhost/"},
		{"https://crm.localhost./", "relay_private", "https://crm.localhost./"},
		{"https://board.example/push/x", "relay_own", "relay_own"},
		{"https://BOARD.example:443/", "relay_own", "relay_own"},
		{"ftp://crm.example/", "relay_invalid", "relay_invalid"},
		{"crm.example/hook", "relay_invalid", "relay_invalid"},
		{"https:crm.example", "relay_invalid", "relay_invalid"},
		{"https:///hook", "relay_invalid", "relay_invalid"},
		{"https://:443/hook", "relay_invalid", "relay_invalid"},
		{"", "relay_invalid", "relay_invalid"},
		{"https://crm.example/\u202e", "relay_invalid", "relay_invalid"},
		{"https://crm.example/\x00", "relay_invalid", "relay_invalid"},
		{"https://crm.example/" + strings.Repeat("x", maxRelayURL), "relay_invalid", "relay_invalid"},
	} {
		for _, policy := range []RelayPolicy{{Own: own}, {Own: own, Private: true}} {
			want := test.want
			if policy.Private && test.private != "" {
				want = test.private
			}
			got, err := policy.Check(test.address)
			if e, ok := errors.AsType[*sipgate.ValueError](err); ok {
				got = e.Code
			}
			if got != want {
				t.Errorf("%q, private %v: %q, want %q", test.address, policy.Private, got, want)
			}
		}
	}
}

// A relay is what was stored, also after a restart: what sipgate sent events to before
// comes first, there are at most five others, and no address twice.
func TestRelaysAreStored(t *testing.T) {
	db := newTeamDB(t)
	open := func() *Relays {
		t.Helper()
		r, err := NewRelays(t.Context(), db, RelayPolicy{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := open()
	check := func(when string, answers bool, want ...string) {
		t.Helper()
		for _, relays := range []*Relays{r, open()} {
			var got []string
			for _, a := range relays.Of("1111111").Addresses {
				text := a.URL
				switch {
				case !a.Outgoing:
					text += " in"
				case !a.Incoming:
					text += " out"
				}
				if a.Replaced {
					text += " before"
				}
				got = append(got, text)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) || relays.Of("1111111").Answers != answers {
				t.Errorf("%s: %q, answers %v; want %q, %v", when, got, relays.Of("1111111").Answers, want, answers)
			}
		}
		if others := r.Of("2222222"); len(others.Addresses) > 0 {
			t.Errorf("%s: another account has %+v", when, others)
		}
	}
	fails := func(err error, code string) {
		t.Helper()
		if e, ok := errors.AsType[*sipgate.ValueError](err); !ok || e.Code != code || e.Field != "url" {
			t.Errorf("%v, want %s", err, code)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check("at first", false)
	must(r.SetAnswers(t.Context(), "1111111", true))
	check("answers of nobody", false)
	must(r.Add(t.Context(), "1111111", "https://a.example/"))
	fails(r.Add(t.Context(), "1111111", "https://A.example/"), "relay_twice")
	fails(r.Add(t.Context(), "1111111", "http://b.example/"), "relay_https")
	check("added", false, "https://a.example/")
	must(r.Replace(t.Context(), "1111111", WebhookURLs{"http://crm.example/x", "http://crm.example/x"}))
	must(r.SetAnswers(t.Context(), "1111111", true))
	check("replaced", true, "http://crm.example/x before", "https://a.example/")
	if first := r.Of("1111111").Addresses[0]; !first.Replaced {
		t.Errorf("the first one is %+v", first)
	}
	must(r.Replace(t.Context(), "1111111", WebhookURLs{"https://a.example/", "https://out.example/"}))
	check("two directions", true, "https://a.example/ in before", "https://out.example/ out before")
	for _, host := range []string{"b", "c", "d", "e", "f"} {
		must(r.Add(t.Context(), "1111111", "https://"+host+".example/"))
	}
	fails(r.Add(t.Context(), "1111111", "https://g.example/"), "relay_many")
	for _, host := range []string{"b", "c", "d", "e"} {
		must(r.Remove(t.Context(), "1111111", RelayAddress{URL: "https://" + host + ".example/"}.ID()))
	}
	must(r.Remove(t.Context(), "1111111", "no such"))
	must(r.Replace(t.Context(), "1111111", WebhookURLs{}))
	check("put back", false, "https://f.example/")
	must(r.Replace(t.Context(), "1111111", WebhookURLs{"not an address", "http://10.0.0.1/private"}))
	check("not allowed", false, "https://f.example/")
}
