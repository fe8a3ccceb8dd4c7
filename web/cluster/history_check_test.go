package cluster

import "time"

// A request is one that reached the platform.
type request struct {
	team, node string
	fence      int64
	begun      time.Time
}

// A change is one of a home.
type change struct {
	team, node string
	fence      int64
	at         time.Time
}

// check checks what was guaranteed.
func (h *history) check() {
	h.changes = h.read(`select team, node, fence, at from history order by team, n`)
	last := map[string]int64{}
	for _, c := range h.changes {
		if c.fence != last[c.team]+1 {
			h.Errorf("%s: the fence after %d is %d", c.team, last[c.team], c.fence)
		}
		last[c.team] = c.fence
	}
	for _, r := range h.requests {
		if now := h.homeAt(r.team, r.begun); now.node != r.node {
			h.Errorf("a request for %s began at %s with fence %d %v after the home was %s with fence %d",
				r.team, r.node, r.fence, r.begun.Sub(now.at), now.node, now.fence)
		}
	}
	writes := h.read(`select account, node, fence, at from written order by n`)
	for _, w := range writes {
		if now := h.homeAt(w.team, w.at); now.node != w.node {
			h.Errorf("a write for %s of %s with fence %d %v after the home was %s with fence %d",
				w.team, w.node, w.fence, w.at.Sub(now.at), now.node, now.fence)
		}
	}
	h.writes = len(writes)
}

// homeAt returns the last change of a team's home before a time.
func (h *history) homeAt(team string, at time.Time) (found change) {
	for _, c := range h.changes {
		if c.team == team && !c.at.After(at) {
			found = c
		}
	}
	return found
}

func (h *history) read(query string) (all []change) {
	h.Helper()
	rows, err := h.db.Query(query)
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c change
		if err := rows.Scan(&c.team, &c.node, &c.fence, &c.at); err != nil {
			h.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}
