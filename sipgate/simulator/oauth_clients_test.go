package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const oauthClientBody = `{"name":"Board","description":"A board","redirectUris":["https://*.board.example/cb/*"],"webOrigins":["https://*.board.example"],"privacyUrl":"https://board.example/privacy","termsUrl":"https://board.example/terms"}`

const clientsPath = "/v2/authorization/oauth2/clients"

// An account makes, lists, changes and deletes its clients, and nobody else's.
func TestClientsOfAnAccount(t *testing.T) {
	r := open(t, Options{})
	type list struct{ Data []registrationJSON }
	var made registrationJSON
	decode(t, r.want(200, "POST", clientsPath, oauthClientBody), &made)
	if !strings.HasPrefix(made.ClientID, r.sim.accounts[0].id+"-0-") || made.ClientSecret == "" || made.Name != "Board" || made.RedirectURIs[0] != "https://*.board.example/cb/*" {
		t.Errorf("made %+v", made)
	}
	r.want(200, "POST", clientsPath, oauthClientBody)
	own := clientsPath + "/" + url.PathEscape(made.ClientID)
	var changed registrationJSON
	decode(t, r.want(200, "PUT", own, strings.Replace(oauthClientBody, "Board", "Desk", 1)), &changed)
	if all := get[list](r, clientsPath).Data; len(all) != 2 || all[0].Name != "Desk" || all[0].ClientID != made.ClientID || all[0].ClientSecret != made.ClientSecret || changed.Name != "Desk" {
		t.Errorf("listed %+v", all)
	}
	if one := get[registrationJSON](r, own); one.Name != "Desk" || one.TermsURL != "https://board.example/terms" {
		t.Errorf("one %+v", one)
	}
	if text := r.as("").want(200, "GET", own+"/gdpr", ""); text != `{"privacyUrl":"https://board.example/privacy","termsUrl":"https://board.example/terms"}` {
		t.Errorf("gdpr: %s", text)
	}
	other := r.as(r.token(r.sim.accounts[1].id, "w0", "all"))
	if all := get[list](other, clientsPath).Data; all == nil || len(all) != 0 {
		t.Errorf("another account lists %v", all)
	}
	other.want(404, "GET", own, "")
	other.want(404, "PUT", own, oauthClientBody)
	other.want(404, "DELETE", own, "")
	for _, bad := range []string{`"name":" "`, `"redirectUris":["board"]`, `"redirectUris":["ftp://board.example/"]`, `"webOrigins":["https://board.example/x"]`, `"privacyUrl":""`, `"termsUrl":"terms"`} {
		name, _, _ := strings.Cut(bad, ":")
		i := strings.Index(oauthClientBody, name)
		end := i + len(name) + 1 + strings.IndexAny(oauthClientBody[i+len(name)+1:]+",", ",}")
		r.want(400, "POST", clientsPath, oauthClientBody[:i]+bad+oauthClientBody[end:])
	}
	r.want(202, "DELETE", own, "")
	r.want(404, "DELETE", own, "")
	r.as("").want(404, "GET", own+"/gdpr", "")
	if all := get[list](r, clientsPath).Data; len(all) != 1 {
		t.Errorf("after one was deleted: %v", all)
	}
}

// A program signs in with a client that was made, at addresses that fit, until it is
// deleted. A change leaves its tokens valid.
func TestSignInWithAClientThatWasMade(t *testing.T) {
	l := newLogin(t, Options{})
	r := &rig{t: t, sim: l.sim, url: l.server.URL}
	r.tok = r.token("", "w0", "all")
	var made registrationJSON
	decode(t, r.want(200, "POST", clientsPath, oauthClientBody), &made)
	for to, good := range map[string]bool{
		"https://a.board.example/cb/1": true, "https://a.b.board.example/cb/": true, "https://a.board.example/cb/1?x=y": true,
		"https://board.example/cb/1": false, "http://a.board.example/cb/1": false, "https://a.board.example/other": false, "https://evil.example/.board.example/cb/1": false,
		"https://evil.example?.board.example/cb/1": false, "https://a.board.example/cb/../x": false, callback: false,
	} {
		resp, _ := l.get(l.connect("auth") + "?" + l.authQuery("client_id", made.ClientID, "redirect_uri", to).Encode())
		if shown := resp.StatusCode == http.StatusOK; shown != good {
			t.Errorf("%s: %s", to, resp.Status)
		}
	}
	const back = "https://a.board.example/cb/1"
	code := l.code("client_id", made.ClientID, "redirect_uri", back)
	as := []string{"client_id", made.ClientID, "client_secret", made.ClientSecret, "redirect_uri", back}
	status, tokens := l.post(l.connect("token"), l.codeForm(code, as...))
	if status != http.StatusOK {
		t.Fatalf("%d %v", status, tokens)
	}
	own := clientsPath + "/" + url.PathEscape(made.ClientID)
	r.want(200, "PUT", own, oauthClientBody)
	status, again := l.post(l.connect("token"), l.refreshForm(tokens["refresh_token"], as[:4]...))
	if status != http.StatusOK {
		t.Fatalf("after a change: %d %v", status, again)
	}
	r.want(202, "DELETE", own, "")
	if status, answer := l.post(l.connect("token"), l.refreshForm(again["refresh_token"], as[:4]...)); status != http.StatusUnauthorized {
		t.Errorf("after it was deleted: %d %v", status, answer)
	}
}
