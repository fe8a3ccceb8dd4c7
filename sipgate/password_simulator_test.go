package sipgate_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// byPassword gives the client the credentials of a user with name and
// password.
func (l *simulatedClient) byPassword(user, password string) *sipgate.Password {
	p := sipgate.NewPassword(&sipgate.OAuth{TokenURL: sipgate.PasswordTokenURL(l.url), HTTP: l.HTTP}, user, password)
	l.Auth = p
	return p
}

// asked counts the requests at addresses with the suffix.
func (l *simulatedClient) asked(suffix string) (n int) {
	for _, r := range l.sim.Requests() {
		if strings.HasSuffix(r.Path, suffix) {
			n++
		}
	}
	return n
}

const anna, annasPassword = "anna.bergmann@lindenhof.example", "demo-anna"

// One token serves many requests; one that sipgate no longer accepts is
// replaced once, however many requests fail.
func TestPasswordSharesOneToken(t *testing.T) {
	for _, key := range []string{"access_token", "token"} {
		l := open(t, simulator.Options{PasswordAnswer: key})
		l.byPassword(anna, annasPassword)
		together := func(want int) {
			t.Helper()
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if _, err := l.Calls(t.Context()); err != nil {
						t.Errorf("%s: %v", key, err)
					}
				})
			}
			wg.Wait()
			if n := l.asked("/token"); n != want {
				t.Errorf("%s: %d token requests, want %d", key, n, want)
			}
		}
		together(1)
		l.pass(time.Hour) // at sipgate only: the client's clock still considers the token valid
		together(2)
		for _, r := range l.sim.Requests() {
			if strings.HasSuffix(r.Path, "/token") && !strings.Contains(r.Body, "grant_type=password") {
				t.Errorf("%s: another grant was used: %s", key, r.Body)
			}
		}
	}
}

// A wrong password is tried once, not with each request.
func TestWrongPasswordIsTriedOnce(t *testing.T) {
	l := open(t, simulator.Options{})
	l.byPassword(anna, "wrong")
	for range 5 {
		if _, err := l.Calls(t.Context()); sipgate.KindOf(err) != sipgate.Unauthorized || strings.Contains(err.Error(), "wrong") {
			t.Errorf("error is %v", err)
		}
	}
	if n := l.asked("/token"); n != 1 {
		t.Errorf("%d token requests", n)
	}
	if n := l.asked("/calls"); n != 0 {
		t.Errorf("%d requests without a token", n)
	}
}
