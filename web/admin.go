package web

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
)

// AdminOptions are what the listener for administrators serves.
type AdminOptions struct {
	Log     *slog.Logger
	Health  http.Handler // of /healthz and /readyz
	Metrics http.Handler
	Level   *slog.LevelVar // of the log
}

// StartAdmin serves administrators and their programs at addr until stop is
// called, beside the pages: health, metrics, profiles and the level of the log.
// The latter two are for programs on this machine only, see [localOnly]. It takes
// no sign-in. With an empty addr it does nothing.
//
// Stop it last: until then it says that the program is shutting down.
func StartAdmin(addr string, o AdminOptions) (stop func(), err error) {
	if addr == "" {
		return func() {}, nil
	}
	at, stop, err := startBeside(addr, &http.Server{Handler: adminHandler(o)}, logger(o.Log), maxAdminConns, -1)
	if err != nil {
		return nil, fmt.Errorf("--admin-addr: %w", err)
	}
	logger(o.Log).Info("serve administrators", "addr", at.String())
	return stop, nil
}

const maxAdminConns = 100

// adminIndex lists what the listener serves.
const adminIndex = `/healthz       the program runs
/readyz        it can do its work
/metrics       for Prometheus
/log-level     PUT debug, info, warn or error; for programs on this machine
/debug/pprof/  profiles, for programs on this machine
`

func adminHandler(o AdminOptions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte(adminIndex))
	})
	mux.Handle("GET /healthz", o.Health)
	mux.Handle("GET /readyz", o.Health)
	mux.Handle("GET /metrics", o.Metrics)
	mux.Handle("GET /log-level", localOnly(o.showLevel))
	mux.Handle("PUT /log-level", localOnly(o.setLevel))
	// Not /debug/pprof/cmdline: the command line may contain secrets.
	mux.Handle("GET /debug/pprof/", localOnly(pprof.Index))
	mux.Handle("GET /debug/pprof/cmdline", http.NotFoundHandler())
	mux.Handle("GET /debug/pprof/profile", localOnly(pprof.Profile))
	mux.Handle("GET /debug/pprof/symbol", localOnly(pprof.Symbol))
	mux.Handle("GET /debug/pprof/trace", localOnly(pprof.Trace))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	})
}

func (o AdminOptions) showLevel(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, strings.ToLower(o.Level.Level().String()))
}

// setLevel sets the level of the log until the program ends.
func (o AdminOptions) setLevel(w http.ResponseWriter, r *http.Request) {
	const longest = len("error\n")
	name, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(longest)))
	if err != nil || !SetLogLevel(o.Log, o.Level, strings.ToLower(strings.TrimSpace(string(name)))) {
		http.Error(w, "debug, info, warn or error", http.StatusBadRequest)
		return
	}
	o.showLevel(w, r)
}

// localOnly refuses visitors from other machines, those of a reverse proxy, and
// pages in a browser on this machine that call it by another name.
func localOnly(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, forwarded := r.Header["X-Forwarded-For"]; forwarded || !peer(r).IsLoopback() || !Loopback(hostname(r.Host)) {
			http.Error(w, "for programs on this machine only", http.StatusForbidden)
			return
		}
		h(w, r)
	})
}

// hostname returns a Host without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// adminAddr returns the address of --admin-addr, which is on this machine unless
// it names a host.
func adminAddr(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", fmt.Errorf("--admin-addr: %q is not host:port", s)
	}
	return net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port), nil
}
