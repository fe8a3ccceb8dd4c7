package views

// SetupModel is what [SetupPending] shows: how far the installation has come.
type SetupModel struct {
	Account   string // the number of the sipgate account
	PublicURL string
	URLCheck  string // result of checking PublicURL: "ok", "local", "name", "tls", "slow", "none", "other"
	Reached   bool   // sipgate has reached PublicURL

	Webhooks WebhookModel
	Members  int  // members who have signed in so far
	Roles    bool // another member has been given a role
}

// completedSteps returns the number of completed steps.
func (m SetupModel) completedSteps() (n int) {
	for _, ok := range []bool{true, m.reachable(), m.Webhooks.Set, m.Roles} {
		if ok {
			n++
		}
	}
	return n
}

func (m SetupModel) reachable() bool { return m.Reached || m.URLCheck == "ok" }

const setupSteps = 4
