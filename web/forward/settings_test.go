package forward_test

import (
	"testing"

	"callboard/web/forward"
)

// TestAddressOfANode: the address that other nodes get is one that they can reach.
func TestAddressOfANode(t *testing.T) {
	for _, test := range []struct{ addr, url, want, err string }{
		{"", "", "", ""},
		{"10.0.0.11:8081", "", "10.0.0.11:8081", ""},
		{"node1:8081", "", "node1:8081", ""},
		{"[fd00::1]:8081", "", "[fd00::1]:8081", ""},
		{":8081", "https://node1.internal:9000", "node1.internal:9000", ""},
		{"0.0.0.0:8081", "https://[fd00::1]/", "[fd00::1]:8081", ""},
		{":8081", "", "", `--node-url: is needed: other nodes cannot reach this one at ":8081"`},
		{"[::]:8081", "", "", `--node-url: is needed: other nodes cannot reach this one at "[::]:8081"`},
		{"", "https://node1", "", "--node-addr: is needed with --node-url"},
		{"8081", "", "", `--node-addr: "8081" is not host:port`},
		{":8081", "node1:8081", "", `--node-url: "node1:8081" is not an address like https://node1.internal:8081`},
		{":8081", "http://node1", "", `--node-url: "http://node1" is not an address like https://node1.internal:8081`},
		{":8081", "https://node1/path", "", `--node-url: "https://node1/path" is not an address like https://node1.internal:8081`},
	} {
		got, err := forward.Settings{NodeAddr: test.addr, NodeURL: test.url}.Address()
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got != test.want || text != test.err {
			t.Errorf("%q %q: %q %q, want %q %q", test.addr, test.url, got, text, test.want, test.err)
		}
	}
}
