package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"callboard/sipgate/team"
	"callboard/views"
)

// walls shows the team's links for screens on a wall.
func (h *handlers) walls(w http.ResponseWriter, r *http.Request, v Visitor) error {
	return h.showWalls(w, r, v, "", "")
}

// showWalls shows them and the link that was made just now: it is in this
// answer only, and neither in an address nor in the store.
func (h *handlers) showWalls(w http.ResponseWriter, r *http.Request, v Visitor, made, link string) error {
	list, err := h.Walls.List(r.Context(), v.Account)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Created = list[i].Created.Local()
		if !list[i].LastUsed.IsZero() {
			list[i].LastUsed = list[i].LastUsed.Local()
		}
	}
	return show(w, r, http.StatusOK, views.Walls(h.about(r, v), views.WallsModel{Walls: list, Made: made, Link: link}))
}

// makeWall makes a link.
func (h *handlers) makeWall(w http.ResponseWriter, r *http.Request, v Visitor) error {
	in, err := read(w, r, "lang", "name", "names")
	if err != nil {
		return err
	}
	lang, name, names := views.Lang(in.Text("lang")), in.Text("name"), in.Checked("names")
	if in.err != nil {
		return in.err
	}
	if !slices.Contains(views.Langs, lang) {
		return badParam("lang")
	}
	var wall team.Wallboard
	var token string
	e := h.entry(r, v, team.ManageWallboards, "set")
	e.Parties = name
	err = h.onRecord(r.Context(), e, func() (err error) {
		wall, token, err = h.Walls.Create(r.Context(), v.Person, name, names)
		return err
	})
	if err != nil {
		return err
	}
	link := h.PublicURL.JoinPath("wall", token)
	link.RawQuery = url.Values{"lang": {lang.String()}}.Encode()
	return h.showWalls(w, r, v, wall.Name, link.String())
}

// revokeWall withdraws a link: screens that show it go dark at once.
func (h *handlers) revokeWall(w http.ResponseWriter, r *http.Request, v Visitor) error {
	wall, err := h.Walls.Get(r.Context(), v.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	e := h.entry(r, v, team.ManageWallboards, "remove")
	e.Parties = wall.Name
	err = h.onRecord(r.Context(), e, func() error {
		_, err := h.Walls.Revoke(r.Context(), v.Account, wall.ID)
		return err
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/walls", http.StatusSeeOther)
	return nil
}
