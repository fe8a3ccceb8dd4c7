package team

import "slices"

// Deed names something that can be done. Those on a call, up to DeedHangUp,
// are called as the switchboard calls its verbs.
type Permission string

// Deeds on a call: [Person.MayOn] decides.
const (
	Hold               Permission = "hold"
	Mute               Permission = "mute"
	Record             Permission = "record"
	Transfer           Permission = "transfer"
	CancelConsultation Permission = "unask" // stop asking whoever should take the call
	SendTones          Permission = "tones"
	PlayAnnouncement   Permission = "announce"
	HangUp             Permission = "hangup"
	UndoHangUp         Permission = "undo"     // take back a hang-up in its grace period
	WriteNote          Permission = "note"     // write one on the call
	OverrideClaim      Permission = "override" // act although somebody else is acting
	SeeCall            Permission = "see"
)

// Deeds on no call: [Person.May] decides.
const (
	ViewBoard           Permission = "board"               // open the dashboard and its feed
	StartCall           Permission = "call"                // start a call
	ViewOwnHistory      Permission = "history"             // own past calls and their recordings
	ViewAllHistory      Permission = "history.all"         // everybody's
	EditOwnHistory      Permission = "history.mark"        // note, star, archive own past calls
	EditAllHistory      Permission = "history.mark.all"    // everybody's
	ViewAnnouncements   Permission = "announcements"       // list and listen
	ManageAnnouncements Permission = "announcements.write" // add, rename, delete
	ViewTeam            Permission = "team"                // who is in the team, with which role
	ManageMembers       Permission = "people"              // set roles, remove, restore, sign others out
	EditOwnSettings     Permission = "settings.own"        // own wishes, own sessions
	ManageSettings      Permission = "settings"            // the team's
	ViewStatus          Permission = "status"              // what works and what does not, without secrets
	ManageWebhooks      Permission = "webhooks"            // set and remove push addresses at sipgate
	ViewAudit           Permission = "audit"
	ViewStats           Permission = "figures"        // the team's totals
	ViewMemberStats     Permission = "figures.people" // each member's
	ManageWallboards    Permission = "walls"          // links for screens on a wall
)

// A wish is what somebody must have agreed to before others do something on
// their calls.
type wish int

const (
	shared wish = iota // "my team sees my calls"
	lent               // and "leads may act on my calls"
)

// callRules is the policy of calls, and minRoles that of all else. What has no
// row nobody may do.
var (
	callRules = map[Permission]struct {
		own    Role // the least who may on a call of their own
		others Role // the least who may on a call of others,
		needs  wish // if one of those agreed
	}{
		SeeCall:            {Viewer, Viewer, shared},
		WriteNote:          {Agent, Lead, shared},
		Hold:               {Agent, Lead, lent},
		Mute:               {Agent, Lead, lent},
		Record:             {Agent, Lead, lent},
		Transfer:           {Agent, Lead, lent},
		CancelConsultation: {Agent, Lead, lent},
		SendTones:          {Agent, Lead, lent},
		PlayAnnouncement:   {Agent, Lead, lent},
		HangUp:             {Agent, Lead, lent},
		UndoHangUp:         {Agent, Lead, lent},
		OverrideClaim:      {Lead, Lead, lent},
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

// Reasons of a [Decision]. Besides these there are "role_viewer", "role_agent"
// and "role_lead": nobody of this role may, on whatever call.
const (
	ReasonRemoved   = "removed"      // the person is no longer in the team
	ReasonNoRole    = "no_role"      // the person never was
	ReasonUnknown   = "unknown_deed" // no such deed, or not with a call, or only with one
	ReasonNotShared = "not_shared"   // the call is hidden from the person: as if it did not exist
	ReasonNotYours  = "not_yours"    // only on own calls
	ReasonNoConsent = "not_lendable" // whose call it is does not want it
)

// Decision is the answer of the policy. The zero Decision is a no.
type Decision struct {
	OK     bool
	Reason string   // why not; stable, "" if OK
	Via    MemberID // whose access carries it if OK: the actor's own, or that of an owner of the call
}

// Err returns a [Denied] with the reason, nil if the decision is a yes.
func (d Decision) Err() error {
	if d.OK {
		return nil
	}
	return Denied{d.Reason}
}

// Denied is the error for what the policy does not allow.
type Denied struct {
	Reason string // one of the reasons of a [Decision]
}

// Error implements error.
func (d Denied) Error() string { return "not allowed: " + d.Reason }

func deny(reason string) Decision { return Decision{Reason: reason} }

func denyRole(r Role) Decision { return deny("role_" + r.String()) }

// May decides on a deed that concerns no call.
func (p Member) May(d Permission) Decision {
	if reason := p.denyReason(); reason != "" {
		return deny(reason)
	}
	least, ok := minRoles[d]
	switch {
	case !ok:
		return deny(ReasonUnknown)
	case p.Role < least:
		return denyRole(p.Role)
	}
	return Decision{OK: true, Via: p.MemberID}
}

// MayOn decides on a deed that concerns a call.
//
// Owners are whose call it is: the members who ring or talk or, where nobody
// is known to, those through whom it is seen; the first of them whose access
// shows the call comes first. People of other accounts and removed ones do not
// count. Reaches says that p's own access shows the call, which alone does not
// make the call p's: a sipgate account may show its calls to everybody.
//
// A call of several is shared or lent by any one of them. What p may do on
// others' calls is carried by p's own access if that reaches the call, and
// otherwise by that of the first owner who shares and lends it.
func (p Member) MayOnCall(d Permission, reaches bool, owners []Member) Decision {
	if reason := p.denyReason(); reason != "" {
		return deny(reason)
	}
	rule, ok := callRules[d]
	if !ok {
		return deny(ReasonUnknown)
	}
	owners = slices.DeleteFunc(slices.Clone(owners), func(o Member) bool {
		return o.Account != p.Account || o.denyReason() != ""
	})
	own := slices.ContainsFunc(owners, func(o Member) bool { return o.MemberID == p.MemberID })
	sees := own || reaches || slices.ContainsFunc(owners, func(o Member) bool { return o.SharesCalls })
	switch {
	case !sees:
		return deny(ReasonNotShared)
	case p.Role < rule.own:
		return denyRole(p.Role)
	case own:
		return Decision{OK: true, Via: p.MemberID}
	case p.Role < rule.others:
		return deny(ReasonNotYours)
	case d == SeeCall && reaches, reaches && len(owners) == 0:
		return Decision{OK: true, Via: p.MemberID}
	}
	for _, o := range owners {
		switch {
		case !o.SharesCalls && !reaches, !o.AllowsLeads && rule.needs == lent:
			continue
		case reaches:
			return Decision{OK: true, Via: p.MemberID}
		}
		return Decision{OK: true, Via: o.MemberID}
	}
	return deny(ReasonNoConsent)
}

// denyReason returns why p may do nothing at all, "" if there is no such
// reason.
func (p Member) denyReason() string {
	switch {
	case p.Removed:
		return ReasonRemoved
	case !p.Role.Valid() || p.Account == "" || p.User == "":
		return ReasonNoRole
	}
	return ""
}

// MayAttempt decides whether m's role may do p at all, on whatever call. A
// permission that concerns calls is decided again by [Member.MayOnCall] once
// the call is known.
func (m Member) MayAttempt(p Permission) Decision {
	if reason := m.denyReason(); reason != "" {
		return deny(reason)
	}
	minRole, known := MinRole(p)
	switch {
	case !known:
		return deny(ReasonUnknown)
	case m.Role < minRole:
		return denyRole(m.Role)
	}
	return Decision{OK: true, Via: m.MemberID}
}

// MinRole returns the least role that may do p, on whatever call. It returns
// false for an unknown permission, which every role is denied.
func MinRole(p Permission) (Role, bool) {
	if rule, ok := callRules[p]; ok {
		return min(rule.own, rule.others), true
	}
	r, ok := minRoles[p]
	return r, ok
}
