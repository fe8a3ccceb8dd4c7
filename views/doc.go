// Package views draws what people see: whole pages, and the fragments of the
// board that the feed sends.
//
// A view is a templ component and the model it shows. The model holds exactly
// what is displayed, already put into words; making it from a value of the
// switchboard happens here, beside the component, and is tested without HTML.
// A component is rendered with Render(ctx, writer); render into a buffer, so
// that a failure never leaves half a page.
//
// # Pages
//
// [SignIn], [Board], [CallPage], [Announcements], [History], [Team], [Audit],
// [StatusPage], [Settings], [ErrorPage], and the sheets [TransferSheet],
// [KeypadSheet], [AnnounceSheet], [RecordSheet], [NewCallSheet],
// [HangUpSheet]. A sheet is a page of its own without JavaScript; with it, the
// same address is fetched into a modal dialog (the request has the header
// HX-Request: set [Page].Fragment and only the sheet itself is rendered).
//
// # Addresses and forms
//
// The pages lead to: GET / /announcements /announcements/{id}/audio /history
// /history.csv /history/news (after, and the filters of /history)
// /history/{id} /history/{id}/recordings/{rid} and its /outline /calls/new (to) /calls/{row}/transfer (to)
// /calls/{row}/keypad /calls/{row}/announce /calls/{row}/record /calls/{row}
// /calls/hangup /team /audit /audit.csv (by, deed, call, from, to) /status
// /settings, and to what [callboard/static] serves. GET /login shows [SignIn].
//
// They post: /login (next) · /logout · /calls (device, callee, callerId) ·
// /calls/{row}/hold, /muted (value) · /recording (value, announcement) · /dtmf
// (sequence) · /transfer (phoneNumber, attended, callerId) · /announcements
// (announcement = id, or url) · /hangup · /announcements (multipart, file) ·
// /announcements/{id}/delete · /calls/hangup (call, once for each) ·
// /calls/{row}/undo · /calls/{row}/notes (text) · /history/{id}/star, /read,
// /archive (value, next) · /history/{id}/note (text, next) · /team/{user}/role (role),
// /remove, /restore, /sign-out · /settings/wishes (shares, lendable, next) ·
// /settings/display (lang, theme, keys, only_mine) · /settings/ringing (sound,
// volume, notify, rings_all, quiet, quiet_from, quiet_to, mon … sun) ·
// /settings/calls (grace, device, number) · /settings/toggle (only_mine or
// notify, for those from the board) · /sessions/{id}/end · /sessions/end ·
// /status/webhooks (do = set or remove). Every form about a call but undo
// carries an action_id.
//
// Script adds at_once=true to /hangup on a click with shift, and
// override=true to what a lead does although it was refused with 409 attended.
// While a sheet about a call is open it posts /calls/{row}/attention (verb,
// override) every 5 s, and once without a verb when it is closed; a refusal is
// read as JSON, {"error":{"code","message"}}.
//
// With JavaScript a form about a call is sent by htmx (header HX-Request:
// true). An answer 204 means done: the row itself comes by the feed. An answer
// from 400 on carries [Notice], which is put into #notices.
//
// # Feed
//
// The board page opens a websocket at /feed. Every frame is one [Frame]: first
// #board with [BoardList], then #status with [Status] and #choices with
// [Choices], then single rows with the target "#" + [RowDOMID]. Close codes: on
// 4401 the page gives up what it shows and asks to sign in (static/src/session.js); 1012
// and 1006 make it come back by itself.
package views

//go:generate go tool templ generate
