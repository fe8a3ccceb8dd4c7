package webhook

// A Refusal is why an event is not accepted. Its text is a stable code that
// the log and the status page show.
type Refusal string

// Error implements error.
func (r Refusal) Error() string { return string(r) }

// The refusals, in the order in which they are checked. Those from ErrMediaType
// to ErrBroken are found by the caller, who reads the request; see [Delivery].
const (
	ErrNotServed    Refusal = "hook_not_served" // the account may not use this instance (any more)
	ErrMediaType    Refusal = "hook_type"       // not a form
	ErrTooLarge     Refusal = "hook_too_large"  // more than [sipgate.MaxEvent] bytes
	ErrSlow         Refusal = "hook_slow"       // the body took too long
	ErrBroken       Refusal = "hook_broken"     // the body ended too early
	ErrUnsigned     Refusal = "hook_unsigned"   // not exactly one signature of the right length
	ErrSignature    Refusal = "hook_signature"  // not signed by sipgate
	ErrWrongAccount Refusal = "hook_wrong_account"
	ErrRate         Refusal = "hook_rate" // beyond the allowance of the account
)
