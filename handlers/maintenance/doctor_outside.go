package maintenance

import (
	"os"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/web"
)

// checkZone says in which zone times are shown.
func (e *examined) checkZone() {
	switch {
	case e.Zones.Fixed != nil:
		e.add(OK, "", "All times are shown in %s.", e.Zones.Fixed)
	case os.Getenv("TZ") == "" && (e.Zones.Fallback == nil || strings.HasSuffix(e.Zones.Fallback.String(), "UTC")):
		e.add(Warning, "Set --timezone or TZ, such as Europe/Berlin, if times are wrong by some hours.",
			"Each team has the zone of its users or numbers at sipgate. Where sipgate says none, it is UTC.")
	default:
		e.add(OK, "", "Each team has the zone of its users or numbers at sipgate. Where sipgate says none, it is %v.", e.Zones.Fallback)
	}
}

// addressTexts say what became of a request to the public address.
var addressTexts = map[web.URLStatus]struct {
	verdict      Verdict
	text, advice string
}{
	web.URLReachable: {OK, "leads to Callboard, from here.", ""},
	web.URLLoopback: {Warning, "is an address of this machine. Other machines, and sipgate, cannot reach it.",
		"Set --public-url to the address that your team opens."},
	web.URLNoHost: {Failed, "has a host name that does not exist.", "Correct --public-url, or enter the name in the DNS."},
	web.URLBadTLS: {Failed, "has no valid certificate for this name.", "Renew the certificate of the reverse proxy, and check its name."},
	web.URLTimeout: {Failed, "did not answer in time.",
		"Check firewall and reverse proxy. Where this machine cannot reach its own public address, try it from another one."},
	web.URLNoAnswer:   {Failed, "did not accept the connection.", "Start the reverse proxy, and check its port and the firewall."},
	web.URLOtherReply: {Failed, "was answered by another program.", "Let the reverse proxy pass the address on to the one of --addr, with the Host header unchanged."},
}

// checkAddress requests the public address.
func (e *examined) checkAddress() {
	if e.Public == nil || e.Public.Host == "" {
		e.add(Warning, "Correct the settings first.", "It is not known.")
		return
	}
	status := e.CheckAddress(e.ctx, e.Public, "/healthz", "ok\n")
	t := addressTexts[status]
	if t.verdict == Failed && (e.db == nil || e.db.InUse == "") {
		e.add(Warning, "Start Callboard, and run this command again.", "Callboard does not run with this data, so %s cannot be tried.", e.Public)
		return
	}
	e.add(t.verdict, t.advice, "%s %s", e.Public, t.text)
}

// wrongClock is the difference to the login server's clock from which on sign-ins
// may fail.
const wrongClock = 30 * time.Second

// checkClient asks the login server about the OAuth client.
func (e *examined) checkClient() {
	if e.OAuth == nil || e.OAuth.ClientID == "" || e.OAuth.ClientSecret == "" || e.Public == nil || e.Public.Host == "" {
		e.add(Warning, "Correct the settings first.", "It cannot be tried.")
		return
	}
	redirect := e.Public.JoinPath("/oauth/callback").String()
	c := e.OAuth.CheckClient(e.ctx, redirect)
	switch c.Status {
	case sipgate.ClientAccepted:
		e.add(OK, "", "sipgate accepts id, secret and the redirect address %s.", redirect)
	case sipgate.ClientUnknown:
		e.add(Failed, "Compare --client-id and --realm with console.sipgate.com, and enter this redirect address there: "+redirect,
			"sipgate does not know the client, or not this redirect address.")
	case sipgate.ClientBadScope:
		e.add(Failed, "Allow the client the scopes that README.md names.", "sipgate does not let the client ask for all that Callboard needs.")
	case sipgate.ClientBadSecret:
		e.add(Failed, "Copy the secret from console.sipgate.com again. It may have been replaced there.", "sipgate refuses the secret.")
	default:
		e.add(Failed, "Check the network, the DNS and the firewall of this machine, and --login.", "The login server cannot be reached: %v.", c.Err)
	}
	if off := e.Now().Sub(c.Time).Abs(); !c.Time.IsZero() && off > wrongClock {
		e.add(Warning, "Let a time service set the clock: sign-ins fail otherwise.", "The clock of this machine differs from sipgate's by %v.", off.Round(time.Second))
	}
}

// checkWebhooks says for which teams Callboard has set the webhooks, and from which
// channels events have come where an admin enters them. What is set at sipgate now only
// a member can read.
func (e *examined) checkWebhooks() {
	var all []team.AccountWebhooks
	var err error
	if e.db != nil {
		all, err = team.WebhooksOfAccounts(e.ctx, e.db.DB)
	}
	switch {
	case err != nil:
		e.add(Warning, "The page Status shows them.", "It is not known whether they are set: %v.", err)
		return
	case len(all) == 0:
		e.add(OK, "", "Nobody has signed in yet. An admin sets them up on the page Status.")
		return
	}
	unset := 0
	for _, a := range all {
		switch {
		case a.ByHand && a.Last.IsZero():
			e.add(Warning, "Let an admin enter the address for each channel in sipgate's app. The page Status has it, and the steps.",
				"From account %s, which is on sipgate neo, no event has come.", a.Account)
		case a.ByHand:
			e.add(OK, "", "Events of account %s have come, the last one on %s. Channels with events: %d; the page Status names them.", a.Account, a.Last.Format(time.DateTime+" MST"), a.Channels)
		case !a.Set && a.Last.IsZero():
			unset++
		}
	}
	switch {
	case unset > 0:
		e.add(Warning, "Let an admin of the team set them up on the page Status.",
			"Callboard has set none for %d of %d teams. These see no ringing calls.", unset, len(all))
	case !slices.ContainsFunc(all, func(a team.AccountWebhooks) bool { return a.ByHand }):
		e.add(OK, "", "They are set for every team. Whether events arrive is on the page Status.")
	}
}
