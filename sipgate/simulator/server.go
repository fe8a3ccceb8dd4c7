package simulator

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// A Server is a simulator with an address of its own.
type Server struct {
	*Simulator
	URL string // "http://127.0.0.1:18090"

	http *http.Server
	done chan struct{} // closed when Serve has returned
}

// Start serves a new simulator at addr, a host and port, and sets
// [Options.Base] to that address. The host must be a loopback address, because
// a simulator accepts commands from everyone who reaches it.
func Start(o Options, addr string) (*Server, error) {
	if _, _, err := net.SplitHostPort(addr); err != nil || !loopback(addr) {
		return nil, fmt.Errorf("%q is not a loopback address such as 127.0.0.1:18090", addr)
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	o.Base = "http://" + ln.Addr().String()
	s := &Server{Simulator: New(o), URL: o.Base, done: make(chan struct{})}
	s.http = &http.Server{Handler: s.Simulator, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		defer close(s.done)
		s.http.Serve(ln) // returns after Close
	}()
	return s, nil
}

// Close stops the server, its connections and the simulator.
func (s *Server) Close() {
	s.http.Close()
	<-s.done
	s.Simulator.Close()
}
