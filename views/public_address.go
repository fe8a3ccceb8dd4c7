package views

// PublicAddress is where sipgate fetches announcements and sends events, and whether
// it can. All pages give the same verdict.
type PublicAddress struct {
	URL     string
	Check   string // of the address from here: "ok", "local", "name", "tls", "slow", "none", "other"; "" is not known
	Reached bool   // sipgate has reached it, which proves it
}

// works reports whether the address is what it has to be, as far as is known.
func (a PublicAddress) works() bool { return a.Reached || a.Check == "ok" }

// state returns "works", "leads" if it is not known whether sipgate reaches it, or "fails".
func (a PublicAddress) state() string {
	switch {
	case a.Reached:
		return "works"
	case a.works():
		return "leads"
	}
	return "fails"
}

// verdict returns whether sipgate reaches the address, or what to do about it.
func (a PublicAddress) verdict(lang Lang) string {
	switch {
	case a.Reached:
		return lang.T("setup.address.proven")
	case a.Check == "":
		return ""
	}
	return lang.T("setup.address." + a.Check)
}
