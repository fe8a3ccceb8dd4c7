// Package announcement converts sound files into what a telephone call can
// play, and keeps a team's library of such announcements.
//
// [Decode] reads WAV, with every common sample format, and MP3. Its result is
// always a newly written file: a 44-byte WAV header and mono 16-bit samples at
// 8 kHz, the one format that sipgate plays. No byte of an uploaded file is ever
// served. Decode is safe to call with hostile files: memory, time and playing
// time are limited, and a size field allocates nothing before its bytes have
// arrived. All other formats are refused with an [Error] that names the format.
//
// [Clip.Normalized] brings a clip to the loudness of the others,
// [Clip.Trimmed] removes the silence at its ends, and [DrawWaveform] makes a
// picture of a recording.
//
// [Library] stores announcements in a database. [Library.Publish] gives one of
// them a public address that cannot be guessed, for the minutes in which a call
// plays it.
package announcement
