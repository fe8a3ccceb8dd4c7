package simulator

import (
	"cmp"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// apiRequest is a request that has a route, an authorized principal and a body
// that has been read.
type apiRequest struct {
	*http.Request
	auth *principal
	args map[string]string // the {names} in the route's pattern, unescaped
	body []byte
}

// response is the response of an API operation.
type response struct {
	status int
	body   any    // sent as JSON if not nil
	text   string // sent as plain text if not empty
	media  string // type of text, if it is another one
}

var (
	noContent    = response{status: http.StatusNoContent}
	notFound     = response{status: http.StatusNotFound}
	callNotFound = response{status: http.StatusNotFound, text: "Call not found"}
)

func okJSON(body any) response               { return response{status: http.StatusOK, body: body} }
func refuse(status int, why string) response { return response{status: status, text: why} }

// invalid responds to a request that failed decodeStrict or another check.
func invalid(err error) response {
	return refuse(http.StatusBadRequest, "Invalid request: "+err.Error())
}

// public stands in place of the scopes of a route that needs no token.
const public = "-"

// route is one operation of the API. A token needs one of its scopes or "all";
// without scopes every valid token suffices.
type route struct {
	method, pattern, scopes string
	serve                   func(*Simulator, *apiRequest) response
}

// serveAPI serves /v2/. It checks path, method, token, scope, platform, content
// type and size, in this order; the operation checks the body.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request, seen *Request, body []byte) {
	w.Header().Set("Vary", "Origin")
	w.Header().Set("X-B3-Traceid", strings.ToLower(s.randomHex(16)))
	route, args, allow := findRoute(r)
	if route == nil {
		if len(allow) == 0 {
			notFound.write(w)
			return
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		response{status: http.StatusMethodNotAllowed}.write(w)
		return
	}
	if route.scopes == public {
		route.serve(s, &apiRequest{Request: r, args: args, body: body}).write(w)
		return
	}
	grant, valid := s.authenticate(r)
	if !valid {
		response{status: http.StatusUnauthorized}.write(w)
		return
	}
	s.requests.update(seen, func(r *Request) { r.Account, r.User = grant.account.id, grant.user.id })
	if !permitted(route.scopes, grant.scopes) {
		refuse(http.StatusForbidden, "Forbidden").write(w)
		return
	}
	if no := grant.account.unsupported(route); no != nil {
		no.write(w)
		return
	}
	if (r.Method == http.MethodPut || r.Method == http.MethodPost) && !isJSON(r.Header.Get("Content-Type")) {
		response{status: http.StatusUnsupportedMediaType}.write(w)
		return
	}
	if len(body) > maxBody {
		response{status: http.StatusRequestEntityTooLarge}.write(w)
		return
	}
	route.serve(s, &apiRequest{Request: r, auth: grant, args: args, body: body}).write(w)
}

// findRoute returns the route of the request and its arguments. If there is
// none, it returns the methods that other routes with this path allow.
func findRoute(r *http.Request) (*route, map[string]string, []string) {
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/v2/")
	if !ok {
		return nil, nil, nil
	}
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allow []string
	for i := range routes {
		args, ok := matchPath(routes[i].pattern, segments)
		if ok && routes[i].method == method {
			return &routes[i], args, nil
		}
		if ok && !slices.Contains(allow, routes[i].method) {
			allow = append(allow, routes[i].method)
		}
	}
	return nil, nil, allow
}

// matchPath matches the escaped segments of a path. {userId} matches "w" and
// digits, every other {name} any non-empty segment.
func matchPath(pattern string, segments []string) (map[string]string, bool) {
	parts := strings.Split(pattern, "/")
	if len(parts) != len(segments) {
		return nil, false
	}
	args := map[string]string{}
	for i, part := range parts {
		seg, err := url.PathUnescape(segments[i])
		if err != nil || seg == "" {
			return nil, false
		}
		if name, variable := strings.CutPrefix(part, "{"); !variable {
			if seg != part {
				return nil, false
			}
		} else if name = strings.TrimSuffix(name, "}"); name == "userId" && !isUserID(seg) {
			return nil, false
		} else {
			args[name] = seg
		}
	}
	return args, true
}

func isUserID(s string) bool {
	return len(s) > 1 && s[0] == 'w' && strings.Trim(s[1:], "0123456789") == ""
}

func permitted(scopes string, granted map[string]bool) bool {
	if scopes == "" || granted["all"] {
		return true
	}
	return slices.ContainsFunc(strings.Fields(scopes), func(s string) bool { return granted[s] })
}

// isJSON reports whether a body of this type is JSON in UTF-8.
func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset := strings.ToLower(params["charset"])
	return err == nil && media == "application/json" && (charset == "" || charset == "utf-8" || charset == "utf8")
}

func (a response) write(w http.ResponseWriter) {
	switch {
	case a.body != nil:
		data, err := json.Marshal(a.body)
		if err != nil {
			panic(err) // every response of this package can be marshaled
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		w.Write(data)
	case a.text != "":
		w.Header().Set("Content-Type", cmp.Or(a.media, "text/plain;charset=UTF-8"))
		w.WriteHeader(a.status)
		w.Write([]byte(a.text))
	default:
		w.WriteHeader(a.status)
	}
}

// items wraps a list as all lists of the API except calls are wrapped.
func items[T any](list []T) map[string]any {
	if list == nil {
		list = []T{}
	}
	return map[string]any{"items": list}
}
