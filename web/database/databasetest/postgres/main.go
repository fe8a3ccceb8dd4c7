// Command postgres starts a PostgreSQL server for tests, prints its address, and serves
// until it is ended. Test programs use it if CALLBOARD_TEST_POSTGRES is the address.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"callboard/web/database/databasetest"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, os.Interrupt, syscall.SIGTERM)
	s, err := databasetest.StartPostgres()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.URL)
	<-ended
	s.Close() // the keeper ends the server and removes its directory
}
