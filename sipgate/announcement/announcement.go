// Package announcement turns any sound file into what a telephone call can
// play, and keeps a team's library of such announcements.
//
// [Decode] reads WAV, MP3, FLAC and Ogg Vorbis. It trusts nothing in a file:
// memory, time and length are limited, no size field is believed before its
// bytes have arrived, and what comes out is always made anew: a 44-byte WAV
// header and mono 16-bit samples at 8 kHz, the one format that sipgate plays.
// No byte of an uploaded file is ever served.
//
// [Clip.Levelled] brings a clip to the loudness of the others, [Clip.Trimmed]
// takes the silence at its ends away. Both only look at samples.
//
// [Library] stores announcements in a database and gives one of them, for the
// minutes in which it is played, a public address that cannot be guessed.
package announcement
