// Package sipgate is a client for the parts of the sipgate REST API (v2) that
// a call dashboard needs, and the vocabulary that goes with it: calls, users,
// numbers, keypad tones, push events, tokens and errors.
//
// It knows nothing of the rest of this program and imports none of it.
package sipgate
