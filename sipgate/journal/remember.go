package journal

import "callboard/sipgate/switchboard"

// remember is what is known of a call after after came: what a later life of
// the board does not tell stays known.
func remember(before *switchboard.Call, after switchboard.Call) switchboard.Call {
	after.Seen, after.Attention, after.Seq, after.Memo = nil, nil, 0, nil
	if before == nil {
		return after
	}
	if after.Upstream == before.Upstream {
		after.Outside, after.Inside = fill(after.Outside, before.Outside), fill(after.Inside, before.Inside)
		if len(after.Users) == 0 {
			after.Users = before.Users
		}
		if len(after.Earlier) < len(before.Earlier) {
			after.Earlier = before.Earlier
		}
	}
	if after.Direction == "" {
		after.Direction = before.Direction
	}
	if before.Started.Before(after.Started) {
		after.Started = before.Started
	}
	after.About = after.About && before.About
	if after.Playing == nil {
		after.Playing = before.Playing
	}
	if after.Last == nil && before.Last != nil {
		o := *before.Last
		if o.Outcome == switchboard.Pending {
			o.Outcome = switchboard.Unknown // as orders said
		}
		after.Last = &o
	}
	if after.Phase == switchboard.Ended && (before.Phase == switchboard.Ended || before.Upstream == after.Upstream) {
		after.Was = max(after.Was, min(before.Was, switchboard.Talking))
		if after.Cause == "" {
			after.Cause = before.Cause
		}
	}
	return after
}

// fill completes a party by what was known of it.
func fill(p, known switchboard.Party) switchboard.Party {
	if p.Number == "" && p.Name == "" || p.Number == known.Number && p.Name == "" {
		return known
	}
	return p
}
