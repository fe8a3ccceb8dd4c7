// Package simulator simulates the telephone company sipgate in this process:
// an [http.Handler] that behaves like api.sipgate.com and login.sipgate.com,
// with a model of telephones and calls behind it. The demo and the tests of
// Callboard run against it, and so can other programs.
//
// The package follows sipgate's documentation and observed behavior. It does
// not import package sipgate: a client and a server that shared their wire
// types could not find each other's mistakes. Where the simulator differs from
// the original it is stricter: it refuses unknown, missing and duplicate
// fields and values of another type.
//
// # Running it
//
// As a program, with the telephones of an office that is at work all day:
//
//	callboard simulator -addr 127.0.0.1:18090 -script office
//
// or of a hundred offices, each an account of its own (see [Size]):
//
//	callboard simulator -script office -accounts 100 -users 50
//
// In a Go program, [Start] listens on a loopback address, and [New] returns the
// bare handler for an http.Server or httptest.Server:
//
//	s, err := simulator.Start(simulator.Options{Control: true}, "127.0.0.1:18090")
//	defer s.Close()
//	err = s.Play(simulator.ScriptOffice)
//
// A client uses s.URL+"/v2/" as the API and s.URL+"/login/third-party" or
// s.URL+"/auth/realms/third-party" as the OAuth realm. [Simulator.Token]
// returns tokens without a sign-in; [Simulator.State] lists accounts, users,
// passwords, OAuth clients and personal access tokens. Without a script,
// nothing happens until a test calls [Simulator.Ring] or the control API.
//
// # The API
//
// The API is served under /v2/, with and without a trailing slash. Requests are
// checked in this order: path (404), method (405), token (401, no body), scope
// (403), platform of the account (403), content type (415), size (413), body
// (400), call ("Call not found", 404), state of the call (409).
//
// GET /v2/calls lists established calls only. sipgate does not document which
// user sees which calls, so [Options.Visibility] chooses. A user can act only
// on visible calls.
//
// A transfer begins a new call that has the origCallId and xcid of the old
// one, and the transferring number as its diversion. When the new call is
// answered, the old one ends; otherwise the old one goes on. During an attended
// transfer the old call is on hold, and ending it ends the new call. How the
// real sipgate completes an attended transfer is unknown.
//
// A call from one user to another, or to a group, is announced twice: as
// outgoing for the caller and as incoming for the callee, each with a callId of
// its own, and with one origCallId or two, see [Options.InternalCalls]. GET
// /v2/calls shows each user the own side, and commands on the other one answer
// 404. Both are one conversation: hold and recording are common, and both end
// together.
//
// A call that ends is in the history at once. A voicemail is an entry of its
// own, with a recordingUrl and a transcription, and without a callId. PUT
// /v2/history/{id} and its parts note, archive and read change an entry.
//
// GET /v2/{userId}/devices lists telephones, and apps too with type=all. POST
// /v2/sessions/sms sends nothing and adds an entry to the history; numbers of
// /v2/blacklist/incoming can call all the same. GET /health and
// /v2/translations/{language} need no token.
//
// GET /v2/history/export returns entries as CSV, DELETE /v2/contacts deletes all that the
// user sees, POST /v2/contacts/import/csv adds
// contacts from CSV, and with the clients of /v2/authorization/oauth2/clients programs
// can sign in. The columns of the export, who sees imported contacts, and what is refused
// in a file are not documented: the simulator chose them.
//
// Telephones that ring because of an API call (POST /v2/sessions/calls, a
// transfer) are picked up after [Options.Pickup]. All other calls ring until
// [Simulator.Answer] or [Simulator.HangUp].
//
// Recordings are WAV files with a tone for each voice, in which keypad tones,
// announcements, hold music and mute are heard where they happened.
//
// # Push events
//
// Push events go to the URLs of PUT /v2/settings/sipgateio. They are signed
// with the key whose public half is [Simulator.PushKey]. Answer and hangup
// events go to the URLs in the XML reply to the newCall event, if it has any.
// A receiver may take 10 s; no event is sent again. The events of a call group,
// the calls with the same origCallId, arrive in order. Actions in the
// reply (Dial, Play, Gather, Reject, Hangup) are validated and shown by the control
// API, see [Simulator.PushReplies], but not carried out.
//
// # Platforms
//
// The third account, 2951604, is on neo, all others are on the classic platform,
// until [Simulator.SetPlatform] migrates them. On neo:
//
//   - POST /v2/sessions/calls, GET and PUT /v2/settings/sipgateio, phone lines and
//     groups answer 403 "This endpoint requires a sipgate Classic PBX Account".
//   - GET /v2/channels lists the inboxes: one of each user, which is private, and
//     one for each group. Numbers belong to them.
//   - POST /v2/calls starts calls. It takes numbers without "+", refuses mobile
//     devices and answers 201 {"callSid"}. The call is in the channel of the
//     channelId or in the device's default channel. Where there is none, and with
//     an app on a mobile, it answers the same, and nothing rings.
//   - GET /v2/channels/{id}/events lists the calls of a channel, running ones too,
//     the latest first, in pages that begin at "position". A private inbox answers
//     403 to all but its owner. Where sipgate's order and the end of the list are
//     unknown, the simulator chose them.
//   - PUT muted answers 501, and a recording must be announced.
//   - /v2/history has only faxes.
//   - Push events of a channel go to the addresses that were set for it in
//     sipgate's app; here, the control API sets them. They must be https.
//   - Access tokens have the featureScope NEO_PBX.
//
// A [Platform] sets what differs between accounts or is reported in several
// ways: the spelling of numbers, the name of the id of a new call, what the
// history lists, whether GET /v2/calls works and whether there are default
// channels.
//
// Requests that only neo supports answer 403 without a body on a classic
// account; sipgate's own text is unknown.
//
// # Control API
//
// With [Options.Control], programs on the same machine control the simulator
// under /_simulator/. Requests and responses are JSON; unknown fields are
// refused. A missing "account" means the first account. Errors are plain text:
// 400 for an invalid request, 403 for a request from another machine, 404 for
// an unknown call, 409 for a call that has ended.
//
//	POST   calls                   {"direction":"in|out","from":"+49…","to":"+49…","users":["w0"],
//	                                "state":"ringing|established","account":"…"} → {"callId"};
//	                               every field is optional, see [Simulator.Ring]
//	GET    calls                   → [CallState…], also of ended calls, oldest first
//	GET    calls/{callId}          → CallState
//	POST   calls/{callId}/answer   {"user":"w1"} → CallState; see [Simulator.Answer]; or {"number":"+49…"},
//	                               answered by nobody known, see [Simulator.AnswerElsewhere]
//	POST   calls/{callId}/hangup   {"cause":"normalClearing|busy|cancel|noAnswer|congestion|notFound|forwarded"} → CallState
//	POST   calls/{callId}/forward  {"to":"+49…"} or {"to":"voicemail"} → {"callId"} of the new call
//	POST   contacts                {"count":5000,"contacts":[{"name":"…","number":"…","organization":"…","user":"w0"}],
//	                                "account":"…"} → {"count"}; see [Simulator.AddContacts]
//	POST   history                 {"entries":1000,"seed":1,"account":"…"} → {"entries"};
//	                               adds past calls and voicemails, see [Simulator.FillHistory]
//	POST   faxes                   {"from":"+49…","account":"…"}: a fax in the history, see [Simulator.AddFax]
//	GET    requests                → [Request…] in the order of arrival; DELETE clears the list
//	POST   faults                  Fault → {"id"}; GET lists the faults, DELETE removes all
//	POST   tokens                  {"user":"w0","scope":"…","account":"…"} → the response of the token endpoint
//	POST   id-tokens               {"flaw":"otherNonce"} spoils the identity tokens of later sign-ins, "none" ends
//	                               that; {"rotate":true} signs with a new key, "forget" withdraws the last one
//	POST   devices/{deviceId}      {"online":true,"dnd":false,"account":"…"} → the device;
//	                               missing fields stay as they are, see [Simulator.SetDevice]
//	POST   lists                   {"lag":"4s"}; GET /v2/calls shows the calls as they were so long ago
//	POST   balance                 {"amount":0,"account":"…"} in 1/10000 Euro; at 0, starting a call answers 402
//	POST   platforms/{account}     {"platform":"classic|neo","featureScope":"NEO_PBX|CLASSIC_PBX|CLASSIC|none",
//	                                "numbers":"bare|plus|either","callId":"callSid|callId",
//	                                "history":"empty|fax|migrated","calls":200|403|404|501,"muted":204|403|404|501,
//	                                "silentRecording":false,"defaultChannels":true}
//	                               → all of them; missing fields stay as they are, see [Platform]
//	POST   channels/{channelId}    {"incomingUrl":"https://…","outgoingUrl":"","account":"2951604"} → the channel:
//	                               sets push addresses "in the app"; also by phone line or group, "p0", "g0"
//	GET    push-replies            → [PushReply…]: what receivers replied to newCall events, also with an error
//	GET    state                   → accounts, users, passwords, devices, numbers, clients, personal access tokens
//	GET    push-key                → the public key that verifies push events, PEM
//
// [CallState] and [Request] document their fields. In a CallState, "tones" has
// the digits of each command, "announcements" are {url, at, accepted, error,
// seconds}, "transfers" are {to, attended, callerId, callId, at}.
//
// # Faults
//
// A [Fault] makes requests or push events fail, {"on", "do", …}:
//
//	{"do":"status","status":503,"method":"PUT","path":"/v2/calls/*/hold","count":1}
//	{"do":"status","status":429,"retryAfter":"30","path":"/v2/**"}
//	{"do":"status","status":202,"path":"/v2/calls/*/hold"}  accepted, but nothing is done
//	{"do":"delay","delay":"5s"}                          answer 5 s later; a number is in milliseconds
//	{"do":"delay","delay":2000,"after":true}             execute now, answer 2 s later
//	{"do":"reset"}                                       cut the connection, execute nothing
//	{"do":"resetAfter","count":1}                        execute, then cut the connection
//	{"do":"malformed"}, {"do":"truncate"}, {"do":"empty"} execute, then damage the body
//	{"do":"odd","answer":"html","path":"/v2/history"}    execute, then answer HTML with 200; see [OddAnswers]
//	{"do":"spoil","spoil":"null","item":1,"field":"id"}  execute, then replace a value of an item of the list,
//	                                                     or the item without "field"; see [Spoilings]
//	{"on":"push","do":"drop","event":"hangup","probability":0.5}
//	{"on":"push","do":"delay","delay":"3s"}              later events of the call group wait too
//	{"on":"push","do":"double"}
//	{"on":"push","do":"reorder","event":"answer"}        deliver after the next event of the call group,
//	                                                     if that comes within 1 s (or "delay")
//
// "method" and "path" restrict a fault of the API ("*" matches one segment, a
// final "/**" any rest), "event" restricts a fault of push events. "skip" lets
// that many matches pass first, "count" removes the fault after that many
// applications, "probability" uses random numbers seeded by [Options.Seed].
// Only the first fault that applies takes effect. Faults of the API also apply
// to the login pages and recordings, but never to the control API.
package simulator

// Locks: Simulator.mu protects the telephone model (pbx, accounts, audio
// timelines). While it is held, the dispatcher, the fault rules and the
// authority may be called; their own locks are held for moments, and none of
// them takes Simulator.mu meanwhile. Nothing is fetched, pushed or rendered
// under it.
