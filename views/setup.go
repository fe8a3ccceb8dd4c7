package views

// SetupModel is what [Setup] shows: how far the installation has come.
type SetupModel struct {
	Account   string // the number of the sipgate account
	PublicURL string
	URLCheck  string // whether it leads here: "ok", "local", "name", "tls", "slow", "none", "other"
	Reached   bool   // sipgate has reached it

	Webhooks WebhookModel
	Members  int  // who have signed in so far
	Roles    bool // somebody besides the reader has a role that was given
}

// done is how many of the steps are done.
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
