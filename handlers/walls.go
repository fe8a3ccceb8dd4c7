package handlers

import (
	"net/http"
	"net/url"
	"slices"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showWallboards shows the team's links for screens on a wall.
func (h *handlers) showWallboards(w http.ResponseWriter, r *http.Request, v Visitor) error {
	return h.listWallboards(w, r, v, "", "")
}

// listWallboards shows the wallboards and the link that has just been made. The
// link is in this answer only, and neither in an address nor in the database.
func (h *handlers) listWallboards(w http.ResponseWriter, r *http.Request, v Visitor, made, link string) error {
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
	return web.Show(w, r, http.StatusOK, views.Walls(h.about(r, v), views.WallsModel{Walls: list, Made: made, Link: link}))
}

type wallboardForm struct {
	Lang  views.Lang `form:"lang"`
	Name  string     `form:"name"`
	Names bool       `form:"names"` // show the names of members
}

// createWallboard makes a link.
func (h *handlers) createWallboard(w http.ResponseWriter, r *http.Request, v Visitor) error {
	form, err := web.Decode[wallboardForm](w, r)
	if err != nil {
		return err
	}
	if !slices.Contains(views.Langs, form.Lang) {
		return web.BadParam("lang")
	}
	var wall team.Wallboard
	var token string
	e := h.entry(r, v, team.ManageWallboards, "set")
	e.Parties = form.Name
	err = h.onRecord(r.Context(), e, func() (err error) {
		wall, token, err = h.Walls.Create(r.Context(), v.Person, form.Name, form.Names)
		return err
	})
	if err != nil {
		return err
	}
	link := h.PublicURL.JoinPath("wall", token)
	link.RawQuery = url.Values{"lang": {form.Lang.String()}}.Encode()
	return h.listWallboards(w, r, v, wall.Name, link.String())
}

// revokeWallboard withdraws a link. Screens that show it go dark at once.
func (h *handlers) revokeWallboard(w http.ResponseWriter, r *http.Request, v Visitor) error {
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
	return web.Redirect(w, r, "/walls")
}
