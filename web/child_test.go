package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"callboard/web"
	"callboard/web/database"
)

// child is the variable that turns the test binary into a program that starts
// sessions in the directory named by it.
const child = "CALLBOARD_TEST_WEB"

func migrate(ctx context.Context, db *database.DB) error {
	return database.Migrate(ctx, db.DB, map[string]fs.FS{"web": web.Migrations})
}

// writeSessions starts one session after the other and prints each one's cookie
// when its browser would have it, until it is killed.
func writeSessions(dir string) {
	db, err := database.Open(context.Background(), dir)
	if err == nil {
		err = migrate(context.Background(), db)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s := web.NewSessions[person](db.DB, web.SessionOptions{})
	for i := 0; ; i++ {
		w := httptest.NewRecorder()
		if err := s.Start(w, httptest.NewRequest(http.MethodGet, "/", nil), person{Name: fmt.Sprint(i)}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i, w.Result().Cookies()[0].Value)
	}
}

type person struct {
	Account, Name string
}

// browsersOf, in the environment, makes the test binary play browsers: its value is
// "address path number", with the path "-" for plain connections.
const browsersOf = "CALLBOARD_TEST_BROWSERS"

// playBrowsers opens connections, reads what they get, and ends with its input.
func playBrowsers(order string) {
	fields := strings.Fields(order)
	n, _ := strconv.Atoi(fields[2])
	for range n {
		c, err := net.Dial("tcp", fields[0])
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if fields[1] != "-" {
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: http://%[2]s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n", fields[1], fields[0])
			if resp, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || resp.StatusCode != 101 {
				fmt.Println(resp, err)
				os.Exit(1)
			}
		}
		go func() {
			buf := make([]byte, 4<<10)
			for {
				if _, err := c.Read(buf); err != nil {
					return
				}
			}
		}()
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}
