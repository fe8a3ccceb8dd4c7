package team

import "slices"

// Deed names something that can be done. Those on a call, up to DeedHangUp,
// are called as the switchboard calls its verbs.
type Deed string

// Deeds on a call: [Person.MayOn] decides.
const (
	DeedHold     Deed = "hold"
	DeedMute     Deed = "mute"
	DeedRecord   Deed = "record"
	DeedTransfer Deed = "transfer"
	DeedUnask    Deed = "unask" // stop asking whoever should take the call
	DeedTones    Deed = "tones"
	DeedAnnounce Deed = "announce"
	DeedHangUp   Deed = "hangup"
	DeedUndo     Deed = "undo"     // take back a hang-up in its grace period
	DeedNote     Deed = "note"     // write one on the call
	DeedOverride Deed = "override" // act although somebody else is acting
	DeedSee      Deed = "see"
)

// Deeds on no call: [Person.May] decides.
const (
	DeedBoard              Deed = "board"               // open the dashboard and its feed
	DeedCall               Deed = "call"                // start a call
	DeedHistory            Deed = "history"             // own past calls and their recordings
	DeedHistoryAll         Deed = "history.all"         // everybody's
	DeedHistoryMark        Deed = "history.mark"        // note, star, archive own past calls
	DeedHistoryMarkAll     Deed = "history.mark.all"    // everybody's
	DeedAnnouncements      Deed = "announcements"       // list and listen
	DeedAnnouncementsWrite Deed = "announcements.write" // add, rename, delete
	DeedTeam               Deed = "team"                // who is in the team, with which role
	DeedPeople             Deed = "people"              // set roles, remove, restore, sign others out
	DeedSettingsOwn        Deed = "settings.own"        // own wishes, own sessions
	DeedSettings           Deed = "settings"            // the team's
	DeedStatus             Deed = "status"              // what works and what does not, without secrets
	DeedWebhooks           Deed = "webhooks"            // set and remove push addresses at sipgate
	DeedAudit              Deed = "audit"
	DeedFigures            Deed = "figures"        // the team's totals
	DeedFiguresPeople      Deed = "figures.people" // each member's
	DeedWalls              Deed = "walls"          // links for screens on a wall
)

// A wish is what somebody must have agreed to before others do something on
// their calls.
type wish int

const (
	shared wish = iota // "my team sees my calls"
	lent               // and "leads may act on my calls"
)

// onCalls is the policy of calls, and elsewhere that of all else. What has no
// row nobody may do.
var (
	onCalls = map[Deed]struct {
		own    Role // the least who may on a call of their own
		others Role // the least who may on a call of others,
		needs  wish // if one of those agreed
	}{
		DeedSee:      {Viewer, Viewer, shared},
		DeedNote:     {Agent, Lead, shared},
		DeedHold:     {Agent, Lead, lent},
		DeedMute:     {Agent, Lead, lent},
		DeedRecord:   {Agent, Lead, lent},
		DeedTransfer: {Agent, Lead, lent},
		DeedUnask:    {Agent, Lead, lent},
		DeedTones:    {Agent, Lead, lent},
		DeedAnnounce: {Agent, Lead, lent},
		DeedHangUp:   {Agent, Lead, lent},
		DeedUndo:     {Agent, Lead, lent},
		DeedOverride: {Lead, Lead, lent},
	}
	elsewhere = map[Deed]Role{
		DeedBoard:              Viewer,
		DeedTeam:               Viewer,
		DeedHistory:            Viewer,
		DeedSettingsOwn:        Viewer,
		DeedFigures:            Viewer,
		DeedCall:               Agent,
		DeedAnnouncements:      Agent,
		DeedHistoryMark:        Agent,
		DeedHistoryAll:         Lead,
		DeedHistoryMarkAll:     Lead,
		DeedStatus:             Lead,
		DeedFiguresPeople:      Lead,
		DeedAnnouncementsWrite: Admin,
		DeedPeople:             Admin,
		DeedSettings:           Admin,
		DeedWebhooks:           Admin,
		DeedAudit:              Admin,
		DeedWalls:              Admin,
	}
)

// Reasons of a [Decision]. Besides these there are "role_viewer", "role_agent"
// and "role_lead": nobody of this role may, on whatever call.
const (
	ReasonRemoved     = "removed"      // the person is no longer in the team
	ReasonNoRole      = "no_role"      // the person never was
	ReasonUnknown     = "unknown_deed" // no such deed, or not with a call, or only with one
	ReasonNotShared   = "not_shared"   // the call is hidden from the person: as if it did not exist
	ReasonNotYours    = "not_yours"    // only on own calls
	ReasonNotLendable = "not_lendable" // whose call it is does not want it
)

// Decision is the answer of the policy. The zero Decision is a no.
type Decision struct {
	OK      bool
	Reason  string // why not; stable, "" if OK
	Through Member // whose access carries it if OK: the actor's own, or that of an owner of the call
}

func no(reason string) Decision { return Decision{Reason: reason} }

// May decides on a deed that concerns no call.
func (p Person) May(d Deed) Decision {
	if reason := p.standing(); reason != "" {
		return no(reason)
	}
	least, ok := elsewhere[d]
	switch {
	case !ok:
		return no(ReasonUnknown)
	case p.Role < least:
		return no("role_" + p.Role.String())
	}
	return Decision{OK: true, Through: p.Member}
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
func (p Person) MayOn(d Deed, reaches bool, owners []Person) Decision {
	if reason := p.standing(); reason != "" {
		return no(reason)
	}
	rule, ok := onCalls[d]
	if !ok {
		return no(ReasonUnknown)
	}
	owners = slices.DeleteFunc(slices.Clone(owners), func(o Person) bool {
		return o.Account != p.Account || o.standing() != ""
	})
	own := slices.ContainsFunc(owners, func(o Person) bool { return o.Member == p.Member })
	sees := own || reaches || slices.ContainsFunc(owners, func(o Person) bool { return o.Shares })
	switch {
	case !sees:
		return no(ReasonNotShared)
	case p.Role < rule.own:
		return no("role_" + p.Role.String())
	case own:
		return Decision{OK: true, Through: p.Member}
	case p.Role < rule.others:
		return no(ReasonNotYours)
	case d == DeedSee && reaches, reaches && len(owners) == 0:
		return Decision{OK: true, Through: p.Member}
	}
	for _, o := range owners {
		switch {
		case !o.Shares && !reaches, !o.Lendable && rule.needs == lent:
			continue
		case reaches:
			return Decision{OK: true, Through: p.Member}
		}
		return Decision{OK: true, Through: o.Member}
	}
	return no(ReasonNotLendable)
}

// standing returns why p may do nothing at all, "" if there is no reason.
func (p Person) standing() string {
	switch {
	case p.Removed:
		return ReasonRemoved
	case !p.Role.Valid() || p.Account == "" || p.User == "":
		return ReasonNoRole
	}
	return ""
}

// least returns the least role that may do the deed, on whatever call, and
// false if nobody may.
func (d Deed) least() (Role, bool) {
	if rule, ok := onCalls[d]; ok {
		return min(rule.own, rule.others), true
	}
	r, ok := elsewhere[d]
	return r, ok
}
