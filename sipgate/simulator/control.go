package simulator

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// controlPath is the path of the control API.
const controlPath = "/_simulator/"

func (s *Simulator) routeControl(mux *http.ServeMux) {
	if !s.opts.Control {
		return
	}
	for pattern, h := range map[string]http.HandlerFunc{
		"POST calls":                  s.controlRing,
		"GET calls":                   s.controlCalls,
		"GET calls/{callId}":          s.controlCall,
		"POST calls/{callId}/answer":  s.controlAnswer,
		"POST calls/{callId}/hangup":  s.controlHangUp,
		"POST calls/{callId}/forward": s.controlForward,
		"POST contacts":               s.controlContacts,
		"POST history":                s.controlFillHistory,
		"POST faxes":                  s.controlFax,
		"GET requests":                s.controlRequests,
		"DELETE requests":             s.controlClearRequests,
		"POST faults":                 s.controlAddFault,
		"GET faults":                  s.controlFaults,
		"DELETE faults":               s.controlClearFaults,
		"POST tokens":                 s.controlTokens,
		"POST id-tokens":              s.controlIDTokens,
		"POST devices/{deviceId}":     s.controlDevice,
		"POST platforms/{account}":    s.controlPlatform,
		"POST channels/{channelId}":   s.controlChannel,
		"POST balance":                s.controlBalance,
		"POST lists":                  s.controlLists,
		"GET state":                   s.controlState,
		"GET push-key":                s.controlPushKey,
		"GET push-replies":            s.controlPushReplies,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !local(r) {
				refuse(http.StatusForbidden, "only programs on this machine may control the simulator").write(w)
				return
			}
			h(w, r)
		})
		mux.Handle(method+" "+controlPath+path, guarded)
		if !strings.HasSuffix(path, "}") {
			mux.Handle(method+" "+controlPath+path+"/{$}", guarded)
		}
	}
}

// local reports whether the request comes from a program on this machine: peer
// and Host are loopback addresses, the request did not pass a proxy, and it was
// not sent by a page of another origin.
func local(r *http.Request) bool {
	if r.RemoteAddr != "" && !loopback(r.RemoteAddr) {
		return false
	}
	if r.RemoteAddr != "" && !loopback(r.Host) {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r.Header.Get("Sec-Fetch-Site") != "cross-site"
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// loopback reports whether hostport, with or without a port, is a loopback
// address.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// readControl decodes the body, which may be empty, into in. If that fails, it
// responds and returns false. Content types and missing fields do not matter.
func readControl(w http.ResponseWriter, r *http.Request, in any) bool {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil && len(bytes.TrimSpace(body)) > 0 {
		err = decodeJSON(body, in)
	}
	if err != nil {
		invalid(err).write(w)
	}
	return err == nil
}

// writeResult responds with body, or with err if there is one.
func writeResult(w http.ResponseWriter, body any, err error) {
	switch {
	case err == nil:
		okJSON(body).write(w)
	case errors.Is(err, ErrNoCall):
		callNotFound.write(w)
	case errors.Is(err, errEnded):
		refuse(http.StatusConflict, err.Error()).write(w)
	default:
		invalid(err).write(w)
	}
}

func (s *Simulator) controlRing(w http.ResponseWriter, r *http.Request) {
	var in NewCall
	if readControl(w, r, &in) {
		id, err := s.Ring(in)
		writeResult(w, map[string]string{"callId": id}, err)
	}
}

func (s *Simulator) controlCalls(w http.ResponseWriter, r *http.Request) { okJSON(s.Calls()).write(w) }

func (s *Simulator) controlCall(w http.ResponseWriter, r *http.Request) {
	t, err := s.Call(r.PathValue("callId"))
	writeResult(w, t, err)
}

func (s *Simulator) controlAnswer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		User   string `json:"user"`
		Number string `json:"number"`
	}
	if !readControl(w, r, &in) {
		return
	}
	err := error(nil)
	if in.Number != "" {
		err = s.AnswerElsewhere(r.PathValue("callId"), in.Number)
	} else {
		err = s.Answer(r.PathValue("callId"), in.User)
	}
	s.writeCall(w, r, err)
}

func (s *Simulator) controlLists(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Lag Duration `json:"lag"`
	}
	if readControl(w, r, &in) {
		s.SetListLag(time.Duration(in.Lag))
		noContent.write(w)
	}
}

func (s *Simulator) controlHangUp(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Cause string `json:"cause"`
	}
	if readControl(w, r, &in) {
		err := s.HangUp(r.PathValue("callId"), in.Cause)
		s.writeCall(w, r, err)
	}
}

// writeCall responds to a command with the state of the call.
func (s *Simulator) writeCall(w http.ResponseWriter, r *http.Request, err error) {
	t, gone := s.Call(r.PathValue("callId"))
	writeResult(w, t, errors.Join(err, gone))
}

func (s *Simulator) controlForward(w http.ResponseWriter, r *http.Request) {
	var in struct {
		To string `json:"to"`
	}
	if readControl(w, r, &in) {
		id, err := s.Forward(r.PathValue("callId"), in.To)
		writeResult(w, map[string]string{"callId": id}, err)
	}
}

func (s *Simulator) controlRequests(w http.ResponseWriter, r *http.Request) {
	okJSON(s.Requests()).write(w)
}

func (s *Simulator) controlClearRequests(w http.ResponseWriter, r *http.Request) {
	s.requests.clear()
	noContent.write(w)
}

func (s *Simulator) controlAddFault(w http.ResponseWriter, r *http.Request) {
	var in Fault
	if readControl(w, r, &in) {
		id, err := s.AddFault(in)
		writeResult(w, map[string]int{"id": id}, err)
	}
}

func (s *Simulator) controlFaults(w http.ResponseWriter, r *http.Request) {
	okJSON(s.Faults()).write(w)
}

func (s *Simulator) controlClearFaults(w http.ResponseWriter, r *http.Request) {
	s.ClearFaults()
	noContent.write(w)
}

func (s *Simulator) controlTokens(w http.ResponseWriter, r *http.Request) {
	var in struct {
		User    string `json:"user"`
		Scope   string `json:"scope"`
		Account string `json:"account"`
	}
	if readControl(w, r, &in) {
		answer, err := s.Token(in.Account, in.User, in.Scope)
		writeResult(w, answer, err)
	}
}

func (s *Simulator) controlState(w http.ResponseWriter, r *http.Request) { okJSON(s.State()).write(w) }

func (s *Simulator) controlPushKey(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-pem-file")
	w.Write(s.PushKey())
}
