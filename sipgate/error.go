package sipgate

// Kind says what an error of sipgate means to the caller, whatever its HTTP
// status was.
type Kind int

// The kinds of errors.
const (
	Other        Kind = iota // none of the below
	Unauthorized             // the access token is not, or no longer, valid
	Forbidden                // the user or the token may not do this
	NoCall                   // no such call, or it has ended
	Invalid                  // sipgate rejects the arguments
	NoCredit                 // the account cannot pay for it
	Throttled                // too many requests
	Unavailable              // no answer, or a 5xx
)
