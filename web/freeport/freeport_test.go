package freeport

import (
	"net"
	"testing"
)

// No address is given twice, not even by two processes, and something can listen at each.
func TestAddressesAreGivenOnce(t *testing.T) {
	given := map[string]bool{}
	processes := []*ports{{}, {}}
	for i := range 3 * blockSize {
		addr, err := processes[i%2].addr()
		if err != nil {
			t.Fatal(err)
		}
		if given[addr] {
			t.Errorf("%s was given twice", addr)
		}
		given[addr] = true
	}
	for addr := range given {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			continue
		}
		l.Close()
	}
	for _, p := range processes {
		for _, l := range p.owned {
			l.Close()
		}
	}
}

// An address at which something else listens is left out.
func TestTakenAddressesAreLeftOut(t *testing.T) {
	var p ports
	defer func() { p.owned[0].Close() }()
	if _, err := p.addr(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", at(p.next))
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	if addr, err := p.addr(); err != nil || addr == l.Addr().String() {
		t.Errorf("%s, %v", addr, err)
	}
}
