package feed

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// browsersOf, in the environment, makes the test binary play browsers: its value is
// "address path number", with the path "-" for plain connections.
const browsersOf = "CALLBOARD_TEST_BROWSERS"

// playBrowsers opens connections, reads what they get, answers pings, and ends with
// its input.
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
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if bytes.Contains(buf[:n], []byte("\x89\x00")) { // a ping; no text contains it
					c.Write([]byte("\x8a\x80\x00\x00\x00\x00"))
				}
			}
		}()
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
}

// browsers starts a process with n connections to addr.
func browsers(b *testing.B, addr, path string, n int) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", browsersOf, addr, path, n))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		b.Fatalf("browsers: %s", line)
	}
}
