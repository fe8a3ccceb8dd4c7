package team

import "slices"

// Permission names an action that a member may be allowed to do. The values
// are stored in the audit and appear in addresses; they never change.
type Permission string

// Permissions that concern a call: [Member.MayOnCall] decides. Those up to
// HangUp have the values of the switchboard's verbs.
const (
	Hold               Permission = "hold"
	Mute               Permission = "mute"
	Record             Permission = "record"
	Transfer           Permission = "transfer"
	CancelConsultation Permission = "unask" // end the call to the recipient of an announced transfer
	SendTones          Permission = "tones"
	PlayAnnouncement   Permission = "announce"
	HangUp             Permission = "hangup"
	UndoHangUp         Permission = "undo"     // cancel a hang-up in its grace period
	WriteNote          Permission = "note"     // write a note on the call
	OverrideClaim      Permission = "override" // act although another member has claimed the call
	SeeCall            Permission = "see"
)

// Permissions that do not concern a single call: [Member.May] decides.
const (
	ViewBoard           Permission = "board"               // open the dashboard and its feed
	StartCall           Permission = "call"                // start a call
	ViewOwnHistory      Permission = "history"             // own past calls and their recordings
	ViewAllHistory      Permission = "history.all"         // those of all members
	EditOwnHistory      Permission = "history.mark"        // note, star, archive own past calls
	EditAllHistory      Permission = "history.mark.all"    // those of all members
	ViewAnnouncements   Permission = "announcements"       // list and listen
	ManageAnnouncements Permission = "announcements.write" // add, rename, delete
	ViewTeam            Permission = "team"                // list the members and their roles
	ManageMembers       Permission = "people"              // set roles, remove, restore, sign others out
	EditOwnSettings     Permission = "settings.own"        // own consent, preferences and sessions
	ManageSettings      Permission = "settings"            // the team's settings
	EditGreetings       Permission = "greetings"           // what is said to callers of each number
	ViewStatus          Permission = "status"              // what works and what does not, without secrets
	ManageWebhooks      Permission = "webhooks"            // set and remove push addresses at sipgate
	ManageRelay         Permission = "relay"               // to which other programs push events are passed on
	ViewAudit           Permission = "audit"
	ViewStats           Permission = "figures"        // the team's totals
	ViewMemberStats     Permission = "figures.people" // each member's
	ManageWallboards    Permission = "walls"          // links that show the board without a sign-in
	EraseCaller         Permission = "erase"          // remove a caller from all that is stored: for the command line only
)

// A consent is what owners of a call have agreed to before others act on it.
type consent int

const (
	sharesCalls consent = iota // [Member.SharesCalls]
	allowsLeads                // SharesCalls and [Member.AllowsLeads]
)

// callRules and minRoles are the policy. A permission without a row is denied.
var (
	callRules = map[Permission]struct {
		own    Role    // least role on an own call
		others Role    // least role on a call of others or of nobody,
		needs  consent // unless its owners refuse this consent
	}{
		SeeCall:            {Viewer, Viewer, sharesCalls},
		WriteNote:          {Agent, Lead, sharesCalls},
		Hold:               {Agent, Lead, allowsLeads},
		Mute:               {Agent, Lead, allowsLeads},
		Record:             {Agent, Lead, allowsLeads},
		Transfer:           {Agent, Lead, allowsLeads},
		CancelConsultation: {Agent, Lead, allowsLeads},
		SendTones:          {Agent, Lead, allowsLeads},
		PlayAnnouncement:   {Agent, Lead, allowsLeads},
		HangUp:             {Agent, Lead, allowsLeads},
		UndoHangUp:         {Agent, Lead, allowsLeads},
		OverrideClaim:      {Agent, Lead, allowsLeads},
	}
	minRoles = map[Permission]Role{
		ViewBoard:           Viewer,
		ViewTeam:            Viewer,
		ViewOwnHistory:      Viewer,
		EditOwnSettings:     Viewer,
		ViewStats:           Viewer,
		StartCall:           Agent,
		ViewAnnouncements:   Agent,
		EditOwnHistory:      Agent,
		ViewAllHistory:      Lead,
		EditAllHistory:      Lead,
		ViewStatus:          Lead,
		ViewMemberStats:     Lead,
		EditGreetings:       Lead,
		ManageAnnouncements: Admin,
		ManageMembers:       Admin,
		ManageSettings:      Admin,
		ManageWebhooks:      Admin,
		ManageRelay:         Admin,
		ViewAudit:           Admin,
		ManageWallboards:    Admin,
	}
)

// Reasons of a [Decision]. Their values are stored in the audit. There are
// also "role_viewer", "role_agent" and "role_lead": the member's role, which
// has the permission on no call at all.
const (
	ReasonRemoved           = "removed"       // the member was removed from the team
	ReasonNoRole            = "no_role"       // not a member
	ReasonUnknownPermission = "unknown_deed"  // no such permission, or it does not concern a call, or only concerns calls
	ReasonNotShared         = "not_shared"    // the member may not see the call, nor learn that it exists
	ReasonSignInExpired     = "sign_in_again" // sipgate accepts the member's own sign-in no longer
)

// Reasons that name an owner of the call, see [Decision].Of.
const (
	ReasonNotOwner      = "not_yours"       // the role has the permission on own calls only
	ReasonNoConsent     = "not_lendable"    // the owner has said no
	ReasonTeamDefault   = "not_default"     // the owner has said nothing, and the team's default is no
	ReasonNeverSignedIn = "never_signed_in" // the call is reached through its owner only, who never signed in
	ReasonSignedOut     = "owner_not_here"  // the call is reached through its owner only, who is not signed in
)

// Reasons about calls of nobody, such as those of a voicemail or a queue.
const (
	ReasonNobodys      = "nobodys"       // the role has the permission on own calls only
	ReasonOwnerUnknown = "owner_unknown" // the same, and whose call it is may turn out yet
	ReasonNotReached   = "not_reached"   // the member's own access does not reach the call
)

// Decision is the answer of the policy. The zero Decision denies.
type Decision struct {
	OK     bool
	Reason string   // why it is denied; "" if OK
	Of     MemberID // the owner of the call whom Reason is about, zero if it is about nobody
	Via    MemberID // if OK: whose access to sipgate is used, the actor's own or that of an owner of the call
}

// Err returns nil if the decision is OK, and otherwise a [Denied] with its
// reason.
func (d Decision) Err() error {
	if d.OK {
		return nil
	}
	return Denied{Reason: d.Reason, Of: d.Of}
}

// Denied is the error of an action that the policy does not allow.
type Denied struct {
	Reason string // one of the reasons of a [Decision]
	Of     MemberID
	Name   string // of Of, "" if it is not known
}

// Error implements error.
func (d Denied) Error() string { return "not allowed: " + d.Reason }

func deny(reason string) Decision { return Decision{Reason: reason} }

func denyRole(r Role) Decision { return deny("role_" + r.String()) }

// May decides whether m has a permission that does not concern a single call.
func (m Member) May(p Permission) Decision {
	return m.atLeast(minRoles[p])
}

// MayAttempt decides whether m's role may do p at all, on whatever call. A
// permission that concerns calls is decided again by [Member.MayOnCall] once
// the call is known.
func (m Member) MayAttempt(p Permission) Decision {
	role, _ := MinRole(p)
	return m.atLeast(role)
}

// MinRole returns the least role that has the permission, on whatever call. It
// returns false for an unknown permission, which every role is denied.
func MinRole(p Permission) (Role, bool) {
	if rule, ok := callRules[p]; ok {
		return min(rule.own, rule.others), true
	}
	r, ok := minRoles[p]
	return r, ok
}

// atLeast allows members of the role or a greater one. It denies NoRole, the
// role of unknown permissions, to all.
func (m Member) atLeast(role Role) Decision {
	if reason := m.denyReason(); reason != "" {
		return deny(reason)
	}
	switch {
	case role == NoRole:
		return deny(ReasonUnknownPermission)
	case m.Role < role:
		return denyRole(m.Role)
	}
	return Decision{OK: true, Via: m.MemberID}
}

// A CallAccess is what the policy has to know of a call.
type CallAccess struct {
	Owners  []Owner // the persons whose call it is; none if it is nobody's
	Unsure  bool    // whose telephones take part is not all known yet
	Reaches bool    // the actor's own access to sipgate reaches the call
	Expired bool    // sipgate accepts the actor's own sign-in no longer
}

// An Owner is a person who rings or talks. Voicemails, groups, queues and
// unknown ids are nobody.
type Owner struct {
	Member        // of who never signed in: the id, and the team's default as consent
	SignedIn bool // the access of the owner to sipgate can be used
}

// neverSignedIn reports whether the owner is no member of the team.
func (o Owner) neverSignedIn() bool { return o.Joined.IsZero() }

// MayOnCall decides whether m has a permission on a call.
//
// That m's own access reaches the call does not make it m's call, since sipgate
// can be set up to show each user all calls of the account. It is used whenever
// it reaches the call. An owner refuses who has said no, or has said nothing
// where the team's default is no; the consent of one owner is enough. Without
// reach, the access of the first owner is used who is signed in, shares calls
// and has given the consent.
//
// A call with an owner of another account is denied.
func (m Member) MayOnCall(p Permission, call CallAccess) Decision {
	if reason := m.denyReason(); reason != "" {
		return deny(reason)
	}
	rule, ok := callRules[p]
	if !ok {
		return deny(ReasonUnknownPermission)
	}
	own := slices.ContainsFunc(call.Owners, func(o Owner) bool { return o.MemberID == m.MemberID })
	switch {
	case !own && !call.seenBy(m):
		return deny(ReasonNotShared)
	case m.Role < rule.own:
		return denyRole(m.Role)
	case !own && m.Role < rule.others:
		return call.denyOthers()
	case rule.needs == sharesCalls: // sipgate is not asked
		return Decision{OK: true, Via: m.MemberID}
	case call.Expired:
		return deny(ReasonSignInExpired)
	case own:
		return Decision{OK: true, Via: m.MemberID}
	}
	return call.decideForLead(m)
}

// seenBy reports whether somebody who does not own the call sees it. Calls of
// nobody are the team's.
func (c CallAccess) seenBy(m Member) bool {
	if slices.ContainsFunc(c.Owners, func(o Owner) bool { return o.Account != m.Account }) {
		return false
	}
	return c.Reaches || len(c.Owners) == 0 || slices.ContainsFunc(c.Owners, func(o Owner) bool { return o.SharesCalls })
}

// denyOthers denies what only owners and leads may do.
func (c CallAccess) denyOthers() Decision {
	switch {
	case len(c.Owners) == 0 && c.Unsure:
		return deny(ReasonOwnerUnknown)
	case len(c.Owners) == 0:
		return deny(ReasonNobodys)
	}
	return Decision{Reason: ReasonNotOwner, Of: c.Owners[0].MemberID}
}

// decideForLead decides about an action at sipgate on a call that m sees, does
// not own, and has the role for.
func (c CallAccess) decideForLead(m Member) Decision {
	var consenting []Owner
	for _, o := range c.Owners {
		if o.AllowsLeads && (c.Reaches || o.SharesCalls) {
			consenting = append(consenting, o)
		}
	}
	if c.Reaches && (len(consenting) > 0 || len(c.Owners) == 0) {
		return Decision{OK: true, Via: m.MemberID}
	}
	if i := slices.IndexFunc(consenting, func(o Owner) bool { return o.SignedIn }); i >= 0 {
		return Decision{OK: true, Via: consenting[i].MemberID}
	}
	switch {
	case len(c.Owners) == 0:
		return deny(ReasonNotReached)
	case len(consenting) == 0:
		return c.denyConsent()
	case consenting[0].neverSignedIn():
		return Decision{Reason: ReasonNeverSignedIn, Of: consenting[0].MemberID}
	}
	return Decision{Reason: ReasonSignedOut, Of: consenting[0].MemberID}
}

// denyConsent names the first owner who does not let leads act, of whom there
// is one.
func (c CallAccess) denyConsent() Decision {
	o := c.Owners[max(0, slices.IndexFunc(c.Owners, func(o Owner) bool { return !o.AllowsLeads }))]
	if o.Stated {
		return Decision{Reason: ReasonNoConsent, Of: o.MemberID}
	}
	return Decision{Reason: ReasonTeamDefault, Of: o.MemberID}
}

// denyReason returns why m has no permission at all, "" if that is not so.
func (m Member) denyReason() string {
	switch {
	case m.Removed:
		return ReasonRemoved
	case !m.Role.Valid() || m.Account == "" || m.User == "":
		return ReasonNoRole
	}
	return ""
}
