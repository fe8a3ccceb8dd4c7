package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The platforms of sipgate.
const (
	PlatformClassic = "classic"
	PlatformNeo     = "neo"
)

// Values of the claim featureScope in access tokens.
const (
	ScopeNeo       = "NEO_PBX"
	ScopeClassic   = "CLASSIC_PBX"
	ScopeClassic2  = "CLASSIC" // reported for some accounts
	ScopeOfNoToken = "none"    // tokens without the claim, as older ones are
)

// Spellings of numbers that POST /calls of a neo account accepts. Reports say
// that sipgate refuses a plus sign, and that accounts differ.
const (
	NumbersBare   = "bare"   // without "+", else 400
	NumbersPlus   = "plus"   // with "+", else 400
	NumbersEither = "either" // both
)

// Names of the id in the response of POST /calls. Reports differ.
const (
	NamedCallSid = "callSid"
	NamedCallID  = "callId"
)

// What GET /history lists on neo. Accounts that were migrated list everything,
// others nothing, or only faxes.
const (
	HistoryEmpty    = "empty"
	HistoryFax      = "fax"
	HistoryMigrated = "migrated"
)

// Platform is the platform of an account, and the facts of neo that differ
// between accounts or that reports disagree on. Classic accounts use only Name
// and FeatureScope.
type Platform struct {
	Name string `json:"platform"` // PlatformClassic or PlatformNeo

	// FeatureScope is the claim in new access tokens; empty: that of the platform.
	FeatureScope string `json:"featureScope"`
	// Numbers is NumbersBare, NumbersPlus or NumbersEither.
	Numbers string `json:"numbers"`
	// CallID is NamedCallSid or NamedCallID.
	CallID string `json:"callId"`
	// History is HistoryEmpty, HistoryFax or HistoryMigrated.
	History string `json:"history"`
	// Calls is the status of GET /calls: 200, or 403, 404 or 501 where it is
	// planned only.
	Calls int `json:"calls"`
	// Muted is the status of PUT /calls/{id}/muted: 501, 403 or 404, or 204 where it
	// works.
	Muted int `json:"muted"`
	// SilentRecording says whether calls can be recorded without an announcement.
	SilentRecording bool `json:"silentRecording"`
	// DefaultChannels says whether telephones have a default channel, which a
	// new call without a channelId uses. An app on a mobile never has one.
	DefaultChannels bool `json:"defaultChannels"`
}

// neoPlatform is what the neo account is at first.
var neoPlatform = Platform{
	Name: PlatformNeo, Numbers: NumbersBare, CallID: NamedCallSid, History: HistoryFax,
	Calls: http.StatusOK, Muted: http.StatusNotImplemented, DefaultChannels: true,
}

var classicPlatform = Platform{
	Name: PlatformClassic, Numbers: NumbersBare, CallID: NamedCallSid, History: HistoryMigrated,
	Calls: http.StatusOK, Muted: http.StatusNotImplemented, DefaultChannels: true,
}

func (p Platform) check() error {
	for _, field := range []struct{ name, value, allowed string }{
		{"platform", p.Name, "classic neo"},
		{"featureScope", cmp.Or(p.FeatureScope, ScopeNeo), "NEO_PBX CLASSIC_PBX CLASSIC none"},
		{"numbers", p.Numbers, "bare plus either"},
		{"callId", p.CallID, "callSid callId"},
		{"history", p.History, "empty fax migrated"},
		{"calls", fmt.Sprint(p.Calls), "200 403 404 501"},
		{"muted", fmt.Sprint(p.Muted), "204 403 404 501"},
	} {
		if !slices.Contains(strings.Fields(field.allowed), field.value) {
			return fmt.Errorf("%s %q is not one of %s", field.name, field.value, field.allowed)
		}
	}
	return nil
}

// Platform returns the platform of an account.
func (s *Simulator) Platform(accountID string) (Platform, error) {
	a, err := s.account(accountID)
	if err != nil {
		return Platform{}, err
	}
	return *a.platform.Load(), nil
}

// SetPlatform sets the platform of an account, and so migrates it, as sipgate
// does at night: tokens stay valid, groups become channels, and entries stay in
// the history as far as p.History lists them.
func (s *Simulator) SetPlatform(accountID string, p Platform) error {
	a, err := s.account(accountID)
	if err != nil {
		return err
	}
	if err := p.check(); err != nil {
		return err
	}
	a.platform.Store(&p)
	return nil
}

func (s *Simulator) controlPlatform(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("account")
	p, err := s.Platform(id)
	if err != nil {
		writeResult(w, nil, err)
		return
	}
	if readControl(w, r, &p) {
		writeResult(w, p, s.SetPlatform(id, p))
	}
}

// neo reports whether the account is on the newer platform now.
func (a *account) neo() bool { return a.platform.Load().Name == PlatformNeo }

// featureScope returns the claim of new access tokens, or "".
func (a *account) featureScope() string {
	p := a.platform.Load()
	switch {
	case p.FeatureScope == ScopeOfNoToken:
		return ""
	case p.FeatureScope != "":
		return p.FeatureScope
	case p.Name == PlatformNeo:
		return ScopeNeo
	}
	return ScopeClassic
}

// product returns the mainProductType of GET /account. The documentation
// predates neo and has no name for it.
func (a *account) product() string {
	if a.neo() {
		return "UNKNOWN"
	}
	return "TEAM"
}

// classicOnly is sipgate's text for operations that neo does not support.
const classicOnly = "This endpoint requires a sipgate Classic PBX Account"

// unsupported returns the response to a route that the account's platform does
// not support, or nil. sipgate's text on classic accounts is unknown.
func (a *account) unsupported(r *route) *response {
	classic := slices.Contains([]string{"sessions/calls", "settings/sipgateio"}, r.pattern) ||
		strings.HasPrefix(r.pattern, "groups") || strings.Contains(r.pattern, "/phonelines")
	no := response{status: http.StatusForbidden}
	list := r.pattern == "calls" && r.method == http.MethodGet
	p := a.platform.Load()
	switch {
	case p.Name == PlatformNeo && list && p.Calls != http.StatusOK:
		no.status = p.Calls
		if no.status == http.StatusForbidden {
			no.text = classicOnly
		}
		return &no
	case p.Name == PlatformNeo && classic:
		no.text = classicOnly
		return &no
	case p.Name != PlatformNeo && (r.pattern == "calls" && !list || strings.HasPrefix(r.pattern, "channels")):
		return &no
	}
	return nil
}
