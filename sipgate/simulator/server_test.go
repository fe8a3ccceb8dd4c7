package simulator

import (
	"net/http"
	"strings"
	"testing"
)

// A simulator of its own serves this machine only, at the address it tells, until
// it is closed.
func TestServer(t *testing.T) {
	for _, addr := range []string{"", "127.0.0.1", ":0", "0.0.0.0:0", "192.0.2.1:0", "example.com:80", "[::]:0"} {
		if s, err := Start(Options{}, addr); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("%q: %v, %v", addr, s, err)
		}
	}
	s, err := Start(Options{}, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(Options{}, strings.TrimPrefix(s.URL, "http://")); err == nil {
		t.Error("two at one address")
	}
	defer http.DefaultClient.CloseIdleConnections()
	resp, err := http.Get(s.URL + "/v2/calls")
	if err != nil || resp.StatusCode != 401 || s.opts.Base != s.URL {
		t.Errorf("%v, %v, base %s", resp, err, s.opts.Base)
	}
	if err == nil {
		resp.Body.Close()
	}
	s.Close()
	if resp, err := http.Get(s.URL + "/v2/calls"); err == nil {
		resp.Body.Close()
		t.Error("still served")
	}
}

// A size that no account can have is a mistake of the program.
func TestSizeIsChecked(t *testing.T) {
	for size, good := range map[Size]bool{
		{}: true, {Accounts: maxAccounts, Users: maxUsers}: true, {Users: minUsers}: true,
		{Accounts: -1}: false, {Accounts: maxAccounts + 1}: false, {Users: minUsers - 1}: false, {Users: maxUsers + 1}: false, {Users: -1}: false,
	} {
		if err := size.check(); (err == nil) != good {
			t.Errorf("%+v: %v", size, err)
		}
	}
}
