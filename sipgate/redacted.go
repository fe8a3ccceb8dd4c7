package sipgate

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// redacted is printed instead of a secret.
const redacted = "[redacted]"

// hidden, embedded in a struct, keeps the struct out of all verbs of fmt and
// out of logs. Encoding the struct as JSON fails: in a log it would reveal the
// secrets, and in a store it would replace them by "[redacted]".
type hidden struct{}

// String implements [fmt.Stringer].
func (hidden) String() string { return redacted }

// GoString implements [fmt.GoStringer].
func (hidden) GoString() string { return redacted }

// Format implements [fmt.Formatter].
func (hidden) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

// LogValue implements [slog.LogValuer].
func (hidden) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler]. It always fails.
func (hidden) MarshalText() ([]byte, error) {
	return nil, errors.New("sipgate: refusing to marshal secrets")
}

// String implements [fmt.Stringer].
func (b Bearer) String() string { return redacted }

// GoString implements [fmt.GoStringer].
func (b Bearer) GoString() string { return redacted }

// Format implements [fmt.Formatter].
func (b Bearer) Format(s fmt.State, _ rune) { io.WriteString(s, redacted) }

// LogValue implements [slog.LogValuer].
func (b Bearer) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler]. It always fails.
func (b Bearer) MarshalText() ([]byte, error) { return hidden{}.MarshalText() }
