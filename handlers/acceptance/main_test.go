package acceptance

import (
	"os"
	"testing"

	"callboard/handlers/acceptance/harness"
)

func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
