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
	ViewStatus          Permission = "status"              // what works and what does not, without secrets
	ManageWebhooks      Permission = "webhooks"            // set and remove push addresses at sipgate
	ViewAudit           Permission = "audit"
	ViewStats           Permission = "figures"        // the team's totals
	ViewMemberStats     Permission = "figures.people" // each member's
	ManageWallboards    Permission = "walls"          // links that show the board without a sign-in
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
		others Role    // least role on a call of others,
		needs  consent // if one of its owners has given this consent
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
		OverrideClaim:      {Lead, Lead, allowsLeads},
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
		ManageAnnouncements: Admin,
		ManageMembers:       Admin,
		ManageSettings:      Admin,
		ManageWebhooks:      Admin,
		ViewAudit:           Admin,
		ManageWallboards:    Admin,
	}
)

// Reasons of a [Decision]. Their values are stored in the audit. There are
// also "role_viewer", "role_agent" and "role_lead": the member's role, which
// has the permission on no call at all.
const (
	ReasonRemoved           = "removed"      // the member was removed from the team
	ReasonNoRole            = "no_role"      // not a member
	ReasonUnknownPermission = "unknown_deed" // no such permission, or it does not concern a call, or only concerns calls
	ReasonNotShared         = "not_shared"   // the member may not see the call, nor learn that it exists
	ReasonNotOwner          = "not_yours"    // the role has the permission on own calls only
	ReasonNoConsent         = "not_lendable" // no owner of the call has given the consent
)

// Decision is the answer of the policy. The zero Decision denies.
type Decision struct {
	OK     bool
	Reason string   // why it is denied; "" if OK
	Via    MemberID // if OK: whose access to sipgate is used, the actor's own or that of an owner of the call
}

// Err returns nil if the decision is OK, and otherwise a [Denied] with its
// reason.
func (d Decision) Err() error {
	if d.OK {
		return nil
	}
	return Denied{d.Reason}
}

// Denied is the error of an action that the policy does not allow.
type Denied struct {
	Reason string // one of the reasons of a [Decision]
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

// MayOnCall decides whether m has a permission on a call.
//
// Owners are the members whose call it is: those who ring or talk or, if none
// is known, those through whose access the call is seen. The first one whose
// access shows the call comes first. Owners of other accounts and removed ones
// are ignored. Reaches reports whether m's own access shows the call; that
// alone does not make it m's call, since sipgate can be set up to show each
// user all calls of the account.
//
// The consent of one owner is enough. An action on a call of others uses m's
// own access if that reaches the call, and otherwise the access of the first
// owner who has given the consent and shares calls.
func (m Member) MayOnCall(p Permission, reaches bool, owners []Member) Decision {
	if reason := m.denyReason(); reason != "" {
		return deny(reason)
	}
	rule, ok := callRules[p]
	if !ok {
		return deny(ReasonUnknownPermission)
	}
	owners = slices.DeleteFunc(slices.Clone(owners), func(o Member) bool {
		return o.Account != m.Account || o.denyReason() != ""
	})
	own := slices.ContainsFunc(owners, func(o Member) bool { return o.MemberID == m.MemberID })
	sees := own || reaches || slices.ContainsFunc(owners, func(o Member) bool { return o.SharesCalls })
	switch {
	case !sees:
		return deny(ReasonNotShared)
	case m.Role < rule.own:
		return denyRole(m.Role)
	case own:
		return Decision{OK: true, Via: m.MemberID}
	case m.Role < rule.others:
		return deny(ReasonNotOwner)
	case reaches && (p == SeeCall || len(owners) == 0):
		return Decision{OK: true, Via: m.MemberID}
	}
	for _, o := range owners {
		switch {
		case !o.SharesCalls && !reaches, !o.AllowsLeads && rule.needs == allowsLeads:
			continue
		case reaches:
			return Decision{OK: true, Via: m.MemberID}
		}
		return Decision{OK: true, Via: o.MemberID}
	}
	return deny(ReasonNoConsent)
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
