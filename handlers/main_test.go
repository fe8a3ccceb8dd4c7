package handlers

import (
	"flag"
	"os"
	"testing"
)

// TestMain lets tests run beside others that only wait for their share of the requests
// to sipgate, even where the machine has few cores.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
