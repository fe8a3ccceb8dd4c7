package announcement

import (
	"errors"
	"fmt"
)

// A Code says why a file or a request was refused. Codes are part of the
// program's interface: pages, API clients and tests compare them.
type Code string

// The codes.
const (
	NotAudio     Code = "not_audio"         // the content is not audio
	Invalid      Code = "audio_invalid"     // damaged, truncated or contradictory
	Unsupported  Code = "audio_unsupported" // audio in a format that is not decoded
	Empty        Code = "audio_empty"       // no samples
	TooLong      Code = "audio_too_long"    // longer than [Limits.Length]
	TooLarge     Code = "too_large"         // larger than [Limits.Bytes]
	BadExtension Code = "bad_extension"     // the file name ends in neither .wav nor .mp3
	BadLabel     Code = "bad_label"         // the label has no visible characters
	OverQuota    Code = "quota"             // the team's library is full
	StorageFull  Code = "storage_full"      // the disk is full; nothing was stored
)

// A Reason says more exactly than a Code why a file was refused, and so what to
// do. It has a text for users.
type Reason string

// The reasons. Format or Number say which.
const (
	UnknownCodec    Reason = "codec"       // WAV with samples of Format, which are not decoded
	UnknownFormat   Reason = "format"      // a file of Format, which is not decoded
	UnknownMP3      Reason = "mp3"         // MPEG audio of the kind Format, which is not decoded
	RateOutOfRange  Reason = "rate"        // Number Hz
	TooManyChannels Reason = "channels"    // Number channels
	RateChanges     Reason = "rate_change" // MP3 with a sample rate that changes
	Truncated       Reason = "truncated"   // the end is missing
	TwoFiles        Reason = "two_files"   // several sounds in one file
	OtherFile       Reason = "other_file"  // a file of the kind Format, one of FileKinds
)

// Error is a refusal whose reason may be shown to the user.
type Error struct {
	Code   Code
	Reason Reason // empty if Code says it all
	Format string // a name that is the same in all languages, such as "G.729"
	Number int
	Detail string // in English, for logs: names formats and figures, never file content
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("announcement: %s: %s", e.Code, e.Detail)
}

// ErrNotFound is returned for announcements and public addresses that do not
// exist, no longer exist, or belong to another account.
var ErrNotFound = errors.New("announcement: not found")

func errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

func invalidf(format string, args ...any) error {
	return errorf(Invalid, format, args...)
}

func reasonf(code Code, reason Reason, format string, args ...any) error {
	return &Error{Code: code, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// codecf returns Unsupported for WAV with samples of the codec name.
func codecf(name, format string, args ...any) error {
	return &Error{Code: Unsupported, Reason: UnknownCodec, Format: name, Detail: fmt.Sprintf(format, args...)}
}
