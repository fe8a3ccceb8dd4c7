package webhook

import (
	"context"
	"strings"
	"time"

	"callboard/sipgate"
)

// How often RefreshNumbers reads the numbers of an account.
const (
	numbersInterval = 10 * time.Minute
	numbersRetry    = time.Minute // after a failure
)

// SetNumbers sets the numbers of an account, which decide whether events
// without users belong to it. Numbers that are not in E.164 are left out, since
// every account has the same short ones; a list without any other is ignored.
func (r *Receiver) SetNumbers(account string, numbers []sipgate.AccountNumber) {
	own := make(map[string]bool, len(numbers))
	for _, n := range numbers {
		if number := sipgate.NormalizeNumber(n.Number); strings.HasPrefix(number, "+") {
			own[number] = true
		}
	}
	if len(own) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.account(account)
	a.numbers, a.numbersDueAt = own, r.opt.Now().Add(numbersInterval)
}

// RefreshNumbers sets the numbers of an account to what read returns, unless
// they were read within the last ten minutes, or in vain within the last
// minute. Call it now and then, since accounts buy numbers. If read fails, the
// numbers stay as they are.
func (r *Receiver) RefreshNumbers(ctx context.Context, account string, read func(context.Context) ([]sipgate.AccountNumber, error)) {
	if !r.numbersDue(account) {
		return
	}
	numbers, err := read(ctx)
	if err != nil {
		r.opt.Log.Info("read account numbers", "err", err)
		return
	}
	r.SetNumbers(account, numbers)
}

// numbersDue reports whether the numbers of an account are to be read now, to
// one caller at a time.
func (r *Receiver) numbersDue(account string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, now := r.account(account), r.opt.Now()
	if now.Before(a.numbersDueAt) {
		return false
	}
	a.numbersDueAt = now.Add(numbersRetry)
	return true
}
