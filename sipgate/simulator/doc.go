// Package simulator is a sipgate in this process: an [http.Handler] that
// behaves like api.sipgate.com and login.sipgate.com, with a telephone model
// behind it. The demo and the tests run against it.
//
// It is written from sipgate's documentation and from observations of the real
// one, not from package sipgate, and must not import it: two programs that
// share their wire types cannot find each other's mistakes. Where the two
// differ, it is rather stricter than the original: fields that are unknown,
// missing, given twice or of another type are refused.
//
// # What is simulated
//
// The API stands under /v2/, with and without a trailing slash. It refuses in
// this order: unknown path (404), method (405), token (401, no body), scope
// (403), operations that the platform does not have (403), content type (415),
// body (400), call (404 "Call not found"), state of the call (409). GET
// /v2/calls shows established calls only; who sees which is undocumented, and
// hence a switch ([Options.Visibility]). Calls that are not visible cannot be
// acted on.
//
// A transfer begins a new call with the origCallId and xcid of the old one,
// whose diversion is the number that transferred. The old call goes on until
// the new one is answered, and then ends; if nobody answers, it stays. In an
// attended transfer it is on hold meanwhile, and ending it ends the new one.
// The real sipgate's way of completing an attended transfer is unknown.
//
// What ended stands in the history at once: calls, answered or missed, in and
// out, and what was spoken to the voicemail, an entry of its own with a
// recordingUrl and a transcription, and without a callId. Entries are changed
// by PUT /v2/history/{id} or by its parts note, archive and read.
//
// What an API call makes ring (a call from POST /v2/sessions/calls, the target
// of a transfer) is picked up after [Options.Pickup]; all other calls ring
// until [Simulator.Answer] or [Simulator.HangUp].
//
// Push events go to the URLs of PUT /v2/settings/sipgateio, signed with the
// key whose public half is [Simulator.PushKey]; answer and hangup go to the
// URLs that the newCall's XML reply named, and nowhere if it named none.
// Receivers have 10 s; there is no second attempt. The events of one family of
// calls (one origCallId) arrive in order. Actions in the reply (Dial, Play,
// Gather, Reject, Hangup) are not carried out.
//
// # Platforms
//
// The first two accounts are classic ones, the third, 2951604, is on neo. What
// is known of neo is little: POST /v2/sessions/calls, phone
// lines and groups answer 403 "This endpoint requires a sipgate Classic PBX
// Account"; calls are started by POST /v2/calls, which wants numbers without
// "+" (or with it: see [Simulator.SetNumbers]), answers 201 {"callSid"}, and
// takes no mobiles; PUT muted answers 501; a recording must be announced; calls
// are not in /v2/history; access tokens say NEO_PBX in featureScope. Of
// channels there is only their list. On a classic account what only neo has
// answers 403, in words that nobody has seen, and so without any.
//
// # Control
//
// With [Options.Control], programs on the same machine control the simulator
// under /_simulator/. Bodies and answers are JSON; unknown fields are refused.
// Without "account", the first account is meant. An error is 400 (what was
// asked is wrong), 403 (not from this machine), 404 (no such call) or 409 (the
// call has ended), with a sentence as plain text.
//
//	POST   calls                   {"direction":"in|out","from":"+49…","to":"+49…","users":["w0"],
//	                                "state":"ringing|established","account":"…"} → {"callId"};
//	                               every field may be missing, see [Simulator.Ring]
//	GET    calls                   → [Truth…], ended calls too, oldest first
//	GET    calls/{callId}          → Truth
//	POST   calls/{callId}/answer   {"user":"w1"} → Truth; see [Simulator.Answer]
//	POST   calls/{callId}/hangup   {"cause":"normalClearing|busy|cancel|noAnswer|congestion|notFound|forwarded"} → Truth
//	POST   calls/{callId}/forward  {"to":"+49…"} or {"to":"voicemail"} → {"callId"} of the new call
//	POST   contacts                {"count":5000,"contacts":[{"name":"…","number":"…","organization":"…","user":"w0"}],
//	                                "account":"…"} → {"count"}; see [Simulator.AddContacts]
//	POST   history                 {"entries":1000,"seed":1,"account":"…"} → {"entries"}; adds calls and
//	                               voicemails of the days before, see [Simulator.Fill]
//	GET    requests                → [Request…] in the order of arrival; DELETE empties it
//	POST   faults                  Fault → {"id"}; GET shows them, DELETE removes all
//	POST   tokens                  {"user":"w0","scope":"…","account":"…"} → the token endpoint's answer
//	POST   devices/{deviceId}      {"online":true,"dnd":false,"account":"…"} → the device; what is missing
//	                               stays; see [Simulator.SetDevice]
//	POST   balance                 {"amount":0,"account":"…"}, in 1/10000 of a Euro; without any left, 402
//	POST   numbers                 {"numbers":"bare|plus|either","account":"2951604"}: how neo wants them
//	GET    state                   → accounts, users, passwords, devices, numbers, clients, personal access tokens
//	GET    push-key                → the public key that checks pushes, PEM
//
// [Truth] and [Request] say what their fields mean. In a Truth, "tones" are
// the digits of each command, "announcements" are {url, at, accepted, error,
// seconds}, "transfers" are {to, attended, callerId, callId, at}.
//
// # Faults
//
// A [Fault] is {"on", "do", …}:
//
//	{"do":"status","status":503,"method":"PUT","path":"/v2/calls/*/hold","count":1}
//	{"do":"status","status":429,"retryAfter":"30","path":"/v2/**"}
//	{"do":"delay","delay":"5s"}                          answer 5 s later; a number is milliseconds
//	{"do":"delay","delay":2000,"after":true}             execute now, answer 2 s later
//	{"do":"reset"}                                       cut the connection, execute nothing
//	{"do":"resetAfter","count":1}                        execute, then cut the connection
//	{"do":"malformed"}, {"do":"truncate"}, {"do":"empty"} execute, then spoil the body
//	{"on":"push","do":"drop","event":"hangup","probability":0.5}
//	{"on":"push","do":"delay","delay":"3s"}              later events of the family wait too
//	{"on":"push","do":"double"}
//	{"on":"push","do":"reorder","event":"answer"}        delivered after the next event of the family,
//	                                                     if that comes within 1 s (or "delay")
//
// "method" and "path" narrow a fault of the API down ("*" stands for one
// segment, a final "/**" for any rest), "event" one of pushes. "skip" lets so
// many matches pass first, "count" removes the fault after so many strikes,
// "probability" rolls rng that [Options.Seed] rules. Of several faults the
// first that strikes is the only one. The API's faults strike the login pages
// and recordings too, but never the control API.
package simulator
