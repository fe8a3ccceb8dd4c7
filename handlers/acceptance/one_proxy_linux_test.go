package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/sys/unix"

	"callboard/handlers/acceptance/harness"
)

// inNamespace is set where this test runs in a network of its own.
const inNamespace = "CALLBOARD_TEST_IN_NAMESPACE"

// A team's visitors all come through one proxy, which is on another machine: 300 open
// boards and 30 sign-ins within a minute are served, a visitor who does too much is
// stopped alone, and a proxy that is not trusted is one visitor like any other, which
// the log and the status page say.
//
// Where the system allows it, the test runs in a network namespace, in which the
// dashboard and the proxy have addresses of their own.
func TestManyVisitorsThroughOneProxy(t *testing.T) {
	if os.Getenv(inNamespace) == "" {
		if runInNamespace(t) {
			return
		}
		t.Parallel()
	} else if err := ownNetwork(); err != nil {
		t.Skip(err) // a namespace without rights, as of AppArmor
	}
	p := newOneProxy(t)
	members := make([]*proxiedMember, 30)
	var wg sync.WaitGroup
	for i := range members {
		members[i] = p.member(t, i)
		wg.Go(func() { members[i].signIn() })
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, v := range members {
		wg.Go(func() {
			for range 10 {
				v.open()
			}
		})
	}
	wg.Wait()
	if n := p.sockets(); n != "300" {
		t.Errorf("%s sockets are open", n)
	}
	t.Run("a visitor who does too much", func(t *testing.T) {
		greedy, others := members[0], members[1:]
		if n := greedy.beginSignIns(40); n < 19 || n == 40 { // 20 a minute, of which one was used, and one more every 3 s
			t.Errorf("%d more sign-ins of the visitor were begun", n)
		}
		greedy.open()
		if code := greedy.closed(0); code != 4408 {
			t.Errorf("the eleventh board closed the first with %d", code)
		}
		for _, v := range others {
			if v.beginSignIns(1) != 1 {
				t.Errorf("%s could not begin to sign in", v.address)
			}
		}
		if n := p.sockets(); n != "300" {
			t.Errorf("%s sockets are open", n)
		}
	})
	t.Run("a proxy that does not say who its visitors are", func(t *testing.T) {
		p.silent.Store(true)
		defer p.silent.Store(false)
		if n := members[1].beginSignIns(30); n != 30 {
			t.Errorf("%d of 30 sign-ins were begun", n)
		}
	})
	t.Run("without trust", func(t *testing.T) { p.withoutTrust(t, members) })
}

// withoutTrust restarts the dashboard so that it believes only a proxy on its own
// machine.
func (p *oneProxy) withoutTrust(t *testing.T, members []*proxiedMember) {
	if strings.Contains(p.stack.Log(1<<20), "reverse proxy") {
		t.Error("the log complains of a proxy that is trusted")
	}
	for _, v := range members {
		v.close()
	}
	p.stack.Stop()
	p.stack.Args = p.untrusting
	p.stack.Start()
	begun := 0
	for _, v := range members {
		begun += v.beginSignIns(1)
	}
	if begun < 20 || begun == len(members) {
		t.Errorf("%d sign-ins were begun through the proxy", begun)
	}
	for _, v := range members[:2] {
		if !strings.Contains(v.client.Page("/"), `<main`) {
			t.Error("the board is not served")
		}
	}
	setting := "--trusted-proxies=loopback," + p.address
	if want := `msg="reverse proxy is not trusted" address=` + p.address + ` Callboard="` + setting + `"`; strings.Count(p.stack.Log(1<<20), want) != 1 {
		t.Errorf("not once in the log: %s", want)
	}
	if page := members[0].client.Page("/status"); !strings.Contains(page, "<code>"+setting+"</code>") {
		t.Error("the status page does not name the setting")
	}
}

// A oneProxy is a dashboard behind a proxy on another machine.
type oneProxy struct {
	stack      *harness.Stack
	untrusting []string // command line of a dashboard that does not believe the proxy
	address    string   // of the proxy, as the dashboard sees it
	admin      string
	silent     atomic.Bool // the proxy does not say who its visitors are
}

func newOneProxy(t *testing.T) *oneProxy {
	t.Helper()
	dashboard, proxy := "10.77.0.1", "10.77.0.2"
	if os.Getenv(inNamespace) == "" {
		dashboard = foreignAddress(t)
		proxy = dashboard
	}
	p := &oneProxy{stack: harness.NewSimulator(t, "-users", "30", "-accounts", "1"), address: proxy, admin: harness.FreeAddr(t)}
	s := p.stack
	s.Data = t.TempDir()
	ln, err := net.Listen("tcp", net.JoinHostPort(dashboard, "0"))
	if err != nil {
		t.Fatal(err)
	}
	backend := ln.Addr().String()
	ln.Close()
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(proxy)}}
	forward := &httputil.ReverseProxy{
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 50},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: backend})
			r.Out.Host = r.In.Host
			// As nginx does, it reads a form before it passes it on. This transport closes the
			// connection when the answer comes while it still reads.
			if r.Out.Body != nil {
				form, _ := io.ReadAll(r.Out.Body)
				r.Out.Body = io.NopCloser(bytes.NewReader(form))
			}
			if from, ok := strings.CutPrefix(r.In.RemoteAddr, "127.77.1."); ok && !p.silent.Load() {
				r.Out.Header.Set("X-Forwarded-For", "203.0.113."+from) // with the port
			}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	public, err := net.Listen("tcp", s.URL[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: forward}
	go server.Serve(public)
	t.Cleanup(func() { server.Close() })
	s.Args = append(s.ServeArgs(s.Simulator), "-admin-addr", p.admin)
	for i, arg := range s.Args {
		if arg == "-addr" {
			s.Args[i+1] = backend
		}
	}
	p.untrusting = s.Args
	s.Args = append(slices.Clone(s.Args), "-trusted-proxies", proxy)
	s.StartIn(s.Data)
	return p
}

var openSockets = regexp.MustCompile(`(?m)^callboard_sockets (\d+)$`)

// sockets returns how many sockets the dashboard says are open.
func (p *oneProxy) sockets() string {
	m := openSockets.FindStringSubmatch(string(p.stack.Get("http://" + p.admin + "/metrics")))
	if m == nil {
		return "no"
	}
	return m[1]
}

// A proxiedMember is a member whose browser has an address of its own.
type proxiedMember struct {
	t       *testing.T
	client  *harness.Client
	user    int
	address string
	sockets []*websocket.Conn
}

// member returns a user of the account, who has an address of 127.0.0.0/8.
func (p *oneProxy) member(t *testing.T, user int) *proxiedMember {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &proxiedMember{t: t, user: user, address: fmt.Sprintf("127.77.1.%d", user+1)}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(v.address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	v.client = &harness.Client{T: t, Stack: p.stack, HTTP: &http.Client{Jar: jar, Transport: transport}}
	t.Cleanup(func() {
		v.close()
		transport.CloseIdleConnections()
	})
	return v
}

func (v *proxiedMember) close() {
	for _, c := range v.sockets {
		c.CloseNow()
	}
}

func (v *proxiedMember) signIn() {
	resp := v.client.EndSignIn(v.client.BeginSignIn("/"), 0, v.user)
	if resp.StatusCode != http.StatusOK || resp.Request.URL.String() != v.client.Stack.URL+"/" {
		v.t.Errorf("%s signed in to %s: %s", v.address, resp.Request.URL, resp.Status)
	}
}

// beginSignIns begins to sign in some times, and returns how often that was allowed.
func (v *proxiedMember) beginSignIns(times int) (allowed int) {
	http := *v.client.HTTP
	http.CheckRedirect = noRedirect
	c := harness.Client{T: v.t, Stack: v.client.Stack, HTTP: &http}
	for range times {
		if status, _ := c.Post("/login", "next=/"); status == 303 {
			allowed++
		} else if status != 429 {
			v.t.Errorf("%s: %d", v.address, status)
		}
	}
	return allowed
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// open opens a board and awaits its first message.
func (v *proxiedMember) open() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, _, err := websocket.Dial(ctx, strings.Replace(v.client.Stack.URL, "http:", "ws:", 1)+"/feed",
		&websocket.DialOptions{HTTPClient: v.client.HTTP, HTTPHeader: http.Header{"Origin": {v.client.Stack.URL}}})
	if err != nil {
		v.t.Errorf("%s: %v", v.address, err)
		return
	}
	c.SetReadLimit(1 << 20)
	v.sockets = append(v.sockets, c)
	if _, _, err := c.Read(ctx); err != nil {
		v.t.Errorf("%s: %v", v.address, err)
	}
}

// closed returns the code with which the dashboard closes a socket.
func (v *proxiedMember) closed(i int) websocket.StatusCode {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		if _, _, err := v.sockets[i].Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// runInNamespace runs this test in a network namespace, and reports whether that was
// possible.
func runInNamespace(t *testing.T) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestManyVisitorsThroughOneProxy$", "-test.v", "-program", harness.Program(t))
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Logf("no network namespace: %v", err)
		return false
	}
	if err := cmd.Wait(); err == nil && strings.Contains(out.String(), "--- SKIP") {
		t.Logf("no rights in a network namespace:\n%s", out)
		return false
	} else if err != nil {
		t.Errorf("in a network namespace: %v\n%s", err, out)
	} else if !strings.Contains(out.String(), "--- PASS: TestManyVisitorsThroughOneProxy") {
		t.Errorf("in a network namespace nothing ran:\n%s", out)
	} else {
		t.Log("in a network namespace; the proxy had the address 10.77.0.2")
	}
	return true
}

// ownNetwork gives the network namespace of this process the loopback addresses and,
// like them, all of 10.0.0.0/8.
func ownNetwork() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	up, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	up.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, up); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	address, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	if err := address.SetInet4Addr([]byte{10, 77, 0, 1}); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, address); err != nil {
		return fmt.Errorf("add an address to lo: %w", err)
	}
	return nil
}

// foreignAddress returns an address of this machine that is not loopback or, without
// one, another loopback address.
func foreignAddress(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			t.Logf("the proxy has the machine's address %s", n.IP)
			return n.IP.String()
		}
	}
	t.Log("the machine has no address but loopback: the proxy has 127.77.0.2")
	return "127.77.0.2"
}
