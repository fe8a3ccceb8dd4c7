package journal

import "callboard/sipgate/switchboard"

// mergeCall returns after, completed by what before knows and a board that was
// restarted since does not.
func mergeCall(before *switchboard.Call, after switchboard.Call) switchboard.Call {
	after.VisibleTo, after.Claim, after.Seq, after.ShownSeq, after.Memo = nil, nil, 0, 0, nil
	if before == nil {
		return after
	}
	if after.CallID == before.CallID {
		after.Remote, after.Local = mergeParty(after.Remote, before.Remote), mergeParty(after.Local, before.Local)
		if len(after.UserNames) == 0 {
			after.UserNames = before.UserNames
		}
		if len(after.PreviousParties) < len(before.PreviousParties) {
			after.PreviousParties = before.PreviousParties
		}
	}
	if after.Direction == "" {
		after.Direction = before.Direction
	}
	if before.Started.Before(after.Started) {
		after.Started = before.Started
	}
	after.Approximate = after.Approximate && before.Approximate
	if after.Playback == nil {
		after.Playback = before.Playback
	}
	if after.LastCommand == nil && before.LastCommand != nil {
		last := *before.LastCommand
		if last.Outcome == switchboard.Pending {
			last.Outcome = switchboard.Unknown // as addSuperseded reported
		}
		after.LastCommand = &last
	}
	if after.Phase == switchboard.Ended && (before.Phase == switchboard.Ended || before.CallID == after.CallID) {
		after.PreviousPhase = max(after.PreviousPhase, min(before.PreviousPhase, switchboard.Connected))
		if after.Cause == "" {
			after.Cause = before.Cause
		}
	}
	return after
}

// mergeParty returns p, completed by what was known of it.
func mergeParty(p, known switchboard.Party) switchboard.Party {
	if p.Number == "" && p.Name == "" || p.Number == known.Number && p.Name == "" {
		return known
	}
	return p
}
