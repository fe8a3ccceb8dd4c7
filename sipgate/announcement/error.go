package announcement

import (
	"errors"
	"fmt"
)

// A Code says why a file or a request was refused. It is part of the program's
// interface: pages and tests compare it.
type Code string

// The reasons to refuse a file.
const (
	NotAudio     Code = "not_audio"         // the content is something else
	Invalid      Code = "audio_invalid"     // damaged, truncated or contradictory
	Unsupported  Code = "audio_unsupported" // sound, but of a kind that cannot be read here
	Empty        Code = "audio_empty"       // not one sample
	TooLong      Code = "audio_too_long"    // plays longer than allowed
	TooLarge     Code = "too_large"         // more bytes than allowed
	BadExtension Code = "bad_extension"     // the name does not end like a sound file's
	BadLabel     Code = "bad_label"         // nothing readable is left of the label
	OverQuota    Code = "quota"             // the team has as many announcements as it may have
	StorageFull  Code = "storage_full"      // the disk is full; nothing was stored
)

// Error is a refusal that may be told to the user.
type Error struct {
	Code   Code
	Detail string // in English, for the log and the curious; names codecs and figures, never file content
}

func (e *Error) Error() string {
	return fmt.Sprintf("announcement: %s: %s", e.Code, e.Detail)
}

// ErrNotFound says that there is no such announcement, or no such public
// address, or no longer: which of these is not told.
var ErrNotFound = errors.New("announcement: not found")

func errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

func invalidf(format string, args ...any) error {
	return errorf(Invalid, format, args...)
}

func unsupportedf(format string, args ...any) error {
	return errorf(Unsupported, format, args...)
}
