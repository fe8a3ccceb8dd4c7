package web_test

import (
	"strings"
	"testing"

	"callboard/web"
)

// A public URL that is missing or wrong is reported with the name of its flag.
func TestPublicSettings(t *testing.T) {
	u, err := (&web.PublicSettings{PublicURL: "https://calls.example.com/"}).URL()
	if err != nil || u.Host != "calls.example.com" || u.Scheme != "https" {
		t.Errorf("%v, %v", u, err)
	}
	for address, want := range map[string]string{
		"":                  "--public-url: is needed: ",
		"calls.example.com": "--public-url: ",
		"ftp://example.com": "--public-url: ",
	} {
		u, err := (&web.PublicSettings{PublicURL: address}).URL()
		if u != nil || err == nil || !strings.HasPrefix(err.Error(), want) || address != "" && strings.Contains(err.Error(), "is needed") {
			t.Errorf("%q: %v, %v", address, u, err)
		}
	}
}
