package gallery

import (
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// exampleCalls are calls in every state of a row.
func exampleCalls(now time.Time) []switchboard.Call {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	call := exampleCall(now)
	return []switchboard.Call{
		call("ringing", func(c *switchboard.Call) {
			c.Phase, c.PreviousPhase = switchboard.Ringing, switchboard.Ringing
			c.Remote = switchboard.Party{Number: "+4915799912345"}
			c.UserNames, c.RingsAt = []string{"Mia Brandt", "Tom Weber", "Aylin Kaya"}, c.MemberIDs
			c.Started, c.Since = ago(7*time.Second), ago(7*time.Second)
		}),
		call("dialling", func(c *switchboard.Call) {
			c.Phase, c.PreviousPhase, c.Direction = switchboard.Ringing, switchboard.Ringing, "out"
			c.Remote = switchboard.Party{Number: "+46850012345", Name: "Dr. Anna Lindqvist-Schwarzenberger"}
			c.UserNames = []string{"Tom Weber"}
			c.Started, c.Since = ago(3*time.Second), ago(3*time.Second)
		}),
		call("talking", func(*switchboard.Call) {}),
		call("recording", func(c *switchboard.Call) {
			c.Direction, c.Recording.On, c.Mute.On = "out", true, true
			c.Remote = switchboard.Party{Number: "+442079460018"}
			c.PreviousParties = []switchboard.Party{{Name: "Jonas Vogt"}, {Number: "+4989200300"}}
		}),
		call("foreign", func(c *switchboard.Call) {
			c.VisibleTo, c.MemberIDs, c.UserNames, c.Direction, c.Approximate = []switchboard.MemberID{"w1"}, []switchboard.MemberID{"w1"}, []string{"Tom Weber"}, "", true
			c.Remote = switchboard.Party{}
			c.Started = c.Since
		}),
		call("pending", func(c *switchboard.Call) {
			c.Hold = switchboard.Toggle{Requested: true, Pending: true}
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbHold, By: "w0", Name: "Mia", Outcome: switchboard.Pending, At: now}
		}),
		call("failed", func(c *switchboard.Call) {
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w1", Name: "Tom", Outcome: switchboard.Failed, Reason: 2, At: ago(time.Second), Detail: "+4989200300"}
		}),
		call("unknown", func(c *switchboard.Call) {
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTones, By: "w0", Name: "Mia", Outcome: switchboard.Unknown, Reason: 7, At: ago(time.Second)}
		}),
		call("playing", func(c *switchboard.Call) {
			c.Playback = &switchboard.Playback{Title: "Lunch break", Since: ago(5 * time.Second), Length: 14 * time.Second, Hosted: true, FetchedAfter: 830 * time.Millisecond}
		}),
		call("missed", func(c *switchboard.Call) {
			c.Playback = &switchboard.Playback{Title: "Lunch break", Since: ago(12 * time.Second), Length: 14 * time.Second, Hosted: true, Missed: true}
		}),
		call("transferred", func(c *switchboard.Call) {
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w0", Name: "Mia", Outcome: switchboard.Confirmed, At: ago(2 * time.Second), Detail: "Tom Weber"}
		}),
		call("held", func(c *switchboard.Call) { c.Hold.On = true; c.Since = ago(41 * time.Second) }),
		call("internal", func(c *switchboard.Call) {
			c.Internal, c.Phase, c.PreviousPhase, c.Direction = true, switchboard.Ringing, switchboard.Ringing, "out"
			c.Remote = switchboard.Party{Number: "+4921112345611", Name: "Tom Weber"}
			c.MemberIDs, c.RingsAt = []switchboard.MemberID{"w0", "w1"}, []switchboard.MemberID{"w1"}
			c.Started, c.Since = ago(5*time.Second), ago(5*time.Second)
		}),
		call("voicemail", func(c *switchboard.Call) {
			c.Voicemail, c.UserNames, c.MemberIDs, c.VisibleTo = true, []string{"voicemail"}, nil, nil
		}),
		call("telephone", func(c *switchboard.Call) {
			c.Remote, c.Local, c.UserNames = switchboard.Party{Number: "2814711e0"}, switchboard.Party{Number: "2814711q3"}, nil
		}),
		call("ended", func(c *switchboard.Call) {
			c.Phase, c.Since, c.EndedAt, c.Cause = switchboard.Ended, ago(4*time.Second), ago(4*time.Second), "normalClearing"
		}),
	}
}

// exampleCall returns a function that makes variants of an ordinary call.
func exampleCall(now time.Time) func(switchboard.RowID, func(*switchboard.Call)) switchboard.Call {
	return func(id switchboard.RowID, edit func(c *switchboard.Call)) switchboard.Call {
		c := switchboard.Call{
			ID: id, Phase: switchboard.Connected, PreviousPhase: switchboard.Connected, Direction: "in", VisibleTo: []switchboard.MemberID{"w0"}, MemberIDs: []switchboard.MemberID{"w0"},
			Remote: switchboard.Party{Number: "+4930901820", Name: "Meier & Söhne GmbH"},
			Local:  switchboard.Party{Number: "+4921112345610"}, UserNames: []string{"Mia Brandt"},
			Started: now.Add(-212 * time.Second), Since: now.Add(-192 * time.Second), ShownSeq: 7,
		}
		edit(&c)
		return c
	}
}

// unusualCalls are calls that are hard to show: without a name, with many
// members, and with very long names.
func unusualCalls(now time.Time) []switchboard.Call {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	call := exampleCall(now)
	return []switchboard.Call{
		call("anonymous", func(c *switchboard.Call) { c.Remote = switchboard.Party{} }),
		call("doubtful", func(c *switchboard.Call) {
			c.Doubtful, c.Started, c.Since = true, ago(64*time.Minute), ago(63*time.Minute)
		}),
		call("five", func(c *switchboard.Call) {
			c.UserNames = []string{"Mia Brandt", "Tom Weber", "Aylin Kaya", "Jonas Vogt", "Petra Kolb"}
			c.PreviousParties = []switchboard.Party{{Name: "Jonas Vogt"}, {Number: "+4989200300"}, {}, {Name: "Café am Hafen"}, {Number: "+442079460018"}}
		}),
		call("long", func(c *switchboard.Call) {
			c.Remote = switchboard.Party{Number: "+499112345678901234", Name: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG"}
			c.UserNames = []string{"Prof. Dr. Maximiliane-Alexandra von und zu Hohenstein-Wolkenkuckucksheim"}
			c.Local = switchboard.Party{Number: "+4921112345610999"}
			c.Started, c.Since, c.Approximate = ago(30*time.Hour), ago(29*time.Hour), true
			c.Recording.On, c.Mute.On = true, true
			c.Playback = &switchboard.Playback{Title: "Warteschleifenmusik für die Weihnachtsfeiertage 2026 (endgültig, wirklich)", Since: ago(5 * time.Second), Length: 184 * time.Second}
		}),
	}
}

// consultationCalls are a call on hold during a consultation, in every state of
// the consultation.
func consultationCalls(now time.Time) (calls []switchboard.Call) {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	add := func(id switchboard.RowID, s switchboard.ConsultationState, since time.Time, cancellable bool) {
		c := exampleCalls(now)[2]
		c.ID, c.Hold.On, c.Since = "consult-"+id, true, ago(14*time.Second)
		c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w0", Name: "Mia", Outcome: switchboard.Confirmed, At: ago(14 * time.Second), Detail: "+4921112345611"}
		c.Consultation = &switchboard.Consultation{To: switchboard.Party{Number: "+4921112345611", Name: "Tom Weber"}, By: "w0", Name: "Mia", State: s, Since: since, Approximate: s == switchboard.ConsultationRequested, Cancellable: cancellable}
		calls = append(calls, c)
	}
	add("asked", switchboard.ConsultationRequested, ago(12*time.Second), false)
	add("rings", switchboard.ConsultationRinging, ago(9*time.Second), true)
	add("answered", switchboard.ConsultationAnswered, ago(21*time.Second), true)
	add("noanswer", switchboard.ConsultationUnanswered, ago(3*time.Second), false)
	add("gone", switchboard.ConsultationHungUp, ago(2*time.Second), false)
	add("stopped", switchboard.ConsultationCancelled, ago(14*time.Second), false)
	return calls
}

// sharedCalls are calls on which other members act.
func sharedCalls(now time.Time) []switchboard.Call {
	base := exampleCalls(now)
	calls := []switchboard.Call{base[2], base[2], base[2], base[0], base[2]}
	tom := &switchboard.Claim{By: "w1", Name: "Tom", Verb: switchboard.VerbTransfer, Until: now.Add(9 * time.Second)}
	calls[0].ID, calls[0].Claim = "transferring", tom
	calls[1].ID, calls[1].PendingHangup = "leaving", &switchboard.PendingHangup{By: "w1", Name: "Tom", At: now.Add(4 * time.Second)}
	calls[2].ID, calls[2].UserNames = "watched", []string{"Aylin Kaya"}
	calls[2].Recording.On = true
	calls[3].ID = "answerable"
	calls[4].ID, calls[4].Hold.On = "leaving-foreign", true
	calls[4].PendingHangup = &switchboard.PendingHangup{By: "w2", Name: "Aylin", At: now.Add(2 * time.Second)}
	for i, name := range []string{"Meier & Söhne GmbH", "Jonas Vogt", "Petra Kolb", "", "Café am Hafen"} {
		calls[i].Remote.Name = name
	}
	return calls
}

// allowedOn allows Mia, a lead, to act on all calls but three.
func allowedOn(c switchboard.Call) views.Allowed {
	switch c.ID {
	case "watched":
		return views.Allowed{Reason: team.ReasonNoConsent, Person: "Aylin Kaya"}
	case "foreign", "leaving-foreign":
		return views.Allowed{Reason: team.ReasonNotOwner, Person: "Tom Weber"}
	}
	return views.Allowed{}
}
