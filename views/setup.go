package views

// SetupModel is what [SetupPending] shows: how far the installation has come.
type SetupModel struct {
	Account string // the number of the sipgate account
	Address PublicAddress

	Webhooks  WebhookModel
	Members   int  // members who have signed in so far
	Roles     bool // another member has been given a role
	RolesKept bool // the reader leaves the roles as they are
}

// completedSteps returns the number of completed steps.
func (m SetupModel) completedSteps() (n int) {
	for _, ok := range []bool{true, m.Address.works(), m.Webhooks.works(), m.rolesDone()} {
		if ok {
			n++
		}
	}
	return n
}

func (m SetupModel) rolesDone() bool { return m.Roles || m.RolesKept }

// rolesWord is the key of the word for how far the roles are.
func (m SetupModel) rolesWord() string {
	switch {
	case m.Roles:
		return "setup.ok"
	case m.RolesKept:
		return "setup.roles.kept"
	}
	return "setup.open"
}

const setupSteps = 4
