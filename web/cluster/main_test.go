package cluster

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets tests run beside others that only wait for the end of a lease, even where
// the machine has few cores.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
