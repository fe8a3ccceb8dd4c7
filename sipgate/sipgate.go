// Package sipgate is a client for the parts of the sipgate REST API (version
// 2) that a call dashboard uses, with its vocabulary: calls, users, numbers,
// keypad tones, history, recordings, push events, tokens and errors.
//
// [Client] sends requests with the [Credentials] of one user: a
// [PersonalToken], a [Password], a [Bearer] or the tokens of an [OAuth] login.
// Every error is an [*Error] whose [Kind] states its meaning and whose
// MayHaveArrived reports whether the request may have been executed all the
// same. No request that may have been executed is sent again.
//
// [ParseEvent] and [VerifyPush] read the events that sipgate pushes, and
// [NumberRules] decides which numbers may be dialled. [Settings],
// [NumberSettings] and [ServiceSettings] are the package's part of a command
// line.
//
// The package treats everything that it receives as untrusted: sizes, lengths
// and counts are bounded, and texts are cleaned of control characters. Secrets
// print as "[redacted]". It imports no other package of this program.
package sipgate
