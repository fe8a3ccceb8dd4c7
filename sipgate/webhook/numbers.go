package webhook

import (
	"strings"

	"callboard/sipgate"
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
	a.numbers = own
}
