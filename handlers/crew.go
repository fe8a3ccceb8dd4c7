package handlers

import (
	"context"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Who is signed in is on the board: their access shows its calls and carries
// their commands. This file keeps the two the same.

// join puts a visitor on the board of the team.
func (h *handlers) join(v Visitor) {
	client := h.clientOf(v)
	h.Exchange.Board(v.Account).Join(switchboard.Member{
		ID: v.id(), Name: v.Name, API: client, Names: h.namesFor(v, client),
	})
}

// leave takes a visitor off the board if no other session of theirs is left,
// and returns the refresh token that is not needed any more.
func (h *handlers) leave(ctx context.Context, v Visitor) (refresh string, err error) {
	others, err := h.Sessions.All(ctx)
	if err != nil {
		return "", err
	}
	for _, o := range others {
		if o.Subject() == v.Subject() {
			return "", nil
		}
	}
	h.Exchange.Board(v.Account).Leave(v.id())
	h.forget(v.member())
	return h.Grants.Drop(ctx, v.member())
}

// changed makes a change of a person take effect at once: who was removed is
// signed out everywhere, and all who look at the board get it anew, since what
// they may see and do may be different now.
func (h *handlers) changed(p team.Member) {
	v := Visitor{Account: p.Account, User: p.User}
	ctx, cancel := context.WithTimeout(context.Background(), leavingTime)
	defer cancel()
	board := h.Exchange.Board(p.Account)
	if p.Removed {
		if err := h.Sessions.EndAll(ctx, v.Subject()); err != nil {
			h.Log.Error("somebody who was removed could not be signed out", "err", err)
		}
		board.Leave(v.id())
		h.forget(p.MemberID)
		if _, err := h.Grants.Drop(ctx, p.MemberID); err != nil {
			h.Log.Error("the grant of somebody who was removed could not be dropped", "err", err)
		}
	}
	board.Invalidate()
}

// leavingTime is how long the database may take to forget somebody.
const leavingTime = 20 * time.Second

// muster makes the boards' members those who are signed in: at start, since
// sessions outlive the program, and now and then, since sessions expire.
func (h *handlers) muster(ctx context.Context) error {
	visitors, err := h.Sessions.All(ctx)
	if err != nil {
		return err
	}
	here := map[string]map[switchboard.MemberID]bool{}
	for _, v := range visitors {
		if here[v.Account] == nil {
			here[v.Account] = map[switchboard.MemberID]bool{}
		}
		if !here[v.Account][v.id()] && !h.Exchange.Board(v.Account).HasMember(v.id()) {
			h.join(v)
		}
		here[v.Account][v.id()] = true
	}
	for account, board := range h.Exchange.All() {
		for _, m := range board.Members() {
			if !here[account][m] && m != serviceID {
				board.Leave(m)
				h.forget(team.MemberID{Account: account, User: sipgate.UserID(m)})
			}
		}
	}
	return nil
}

// clientOf acts at sipgate in the visitor's name.
func (h *handlers) clientOf(v Visitor) *sipgate.Client {
	return h.Client(h.Grants.Credentials(v.member()))
}
