package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"callboard/sipgate/team"
	"callboard/views"
	"callboard/web"
)

// showWallboards shows the team's links for screens on a wallboard.
func (h *handlers) showWallboards(w http.ResponseWriter, r *http.Request, a actor) error {
	return h.listWallboards(w, r, a, "", "")
}

// listWallboards shows the wallboards and the link that has just been made. The
// link is in this answer only, and neither in an address nor in the database.
func (h *handlers) listWallboards(w http.ResponseWriter, r *http.Request, a actor, made, link string) error {
	list, err := h.Control.Wallboards.List(r.Context(), a.Account)
	if err != nil {
		return err
	}
	return web.Show(w, r, http.StatusOK, views.Wallboards(h.page(r, a), views.WallboardsModel{Wallboards: list, Created: made, Link: link}))
}

type wallboardForm struct {
	Lang  views.Lang `form:"lang"`
	Name  string     `form:"name"`
	Names bool       `form:"names"` // show the names of members
}

// createWallboard makes a link.
func (h *handlers) createWallboard(w http.ResponseWriter, r *http.Request, a actor) error {
	form, err := web.Decode[wallboardForm](w, r)
	if err != nil {
		return err
	}
	if !slices.Contains(views.Langs, form.Lang) {
		return web.BadParam("lang")
	}
	var wallboard team.Wallboard
	var token string
	err = h.Control.Audited(r.Context(), a.Actor, team.ManageWallboards, "set", form.Name, func(ctx context.Context) (err error) {
		wallboard, token, err = h.Control.Wallboards.Create(ctx, a.Member, form.Name, form.Names)
		return err
	})
	if err != nil {
		return err
	}
	link := h.PublicURL.JoinPath("wall", token)
	link.RawQuery = url.Values{"lang": {form.Lang.String()}}.Encode()
	return h.listWallboards(w, r, a, wallboard.Name, link.String())
}

// revokeWallboard withdraws a link. Screens that show it go dark at once.
func (h *handlers) revokeWallboard(w http.ResponseWriter, r *http.Request, a actor) error {
	wallboard, err := h.Control.Wallboards.Get(r.Context(), a.Account, r.PathValue("id"))
	if err != nil {
		return err
	}
	err = h.Control.Audited(r.Context(), a.Actor, team.ManageWallboards, "remove", wallboard.Name, func(ctx context.Context) error {
		_, err := h.Control.Wallboards.Revoke(ctx, a.Account, wallboard.ID)
		return err
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/walls")
}
