package announcement

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"time"
)

// Announcement is an entry of the library, without its audio.
type Announcement struct {
	ID           string // 43 characters, base64url
	Label        string
	UploadedBy   string // name of the member who uploaded it
	Created      time.Time
	Length       time.Duration
	Size         int64     // in bytes, as converted
	PeakSample   int       // largest magnitude of a sample, 0 to 32768
	Loudness     float64   // in LUFS; 0 for silence, and for entries older than the measurement
	Waveform     string    // see [Clip.Waveform]; empty for entries older than it
	Source       Source    // the uploaded file
	Notes        []Note    // what is to be said about the uploaded file
	Plays        int       // how many of its public addresses were fetched
	LastPlayed   time.Time // zero if never
	LastPlayedBy string    // name of the member who played it last
}

// Upload describes a file to be added.
type Upload struct {
	UploadedBy string // name of the member
	FileName   string // becomes the label, without path and extension
	Trim       bool   // remove the silence at its ends
}

// Add converts the file read from src and adds it to the library of account. If
// the library already has an announcement with exactly the same samples, Add
// returns that one, with its label and the notes on the new file, and stores
// nothing.
//
// Audio and entry are stored together or not at all. Errors are *Error, or come
// from src or the database.
func (l *Library) Add(ctx context.Context, account string, u Upload, src io.Reader) (Announcement, error) {
	a, err := l.add(ctx, account, u, src)
	if l.opts.OnAdd != nil {
		l.opts.OnAdd(err)
	}
	return a, err
}

func (l *Library) add(ctx context.Context, account string, u Upload, src io.Reader) (Announcement, error) {
	label, err := labelFromFileName(u.FileName)
	if err != nil {
		return Announcement{}, err
	}
	clip, err := Decode(src, u.FileName, l.opts.Limits)
	if err != nil {
		return Announcement{}, err
	}
	a := Announcement{ID: newToken(), Label: label, UploadedBy: u.UploadedBy, Created: fromMillis(l.opts.Now().UnixMilli()), Source: clip.Source, Notes: clip.Notes}
	a.Source.Loudness = roundLoudness(Loudness(clip.Samples()))
	a.Source.Length = a.Source.Length.Truncate(time.Millisecond)
	if u.Trim {
		clip = clip.Trimmed()
	}
	clip = clip.Normalized(l.opts.Level)
	a.Length, a.Size, a.PeakSample = clip.Length().Truncate(time.Millisecond), int64(len(clip.wav)), clip.peak
	a.Loudness, a.Waveform = roundLoudness(Loudness(clip.Samples())), clip.Waveform()
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		a, err = l.insert(ctx, tx, account, a, clip.wav)
		return err
	})
	return a, err
}

// insert stores a with its audio, or returns the announcement with the same audio,
// or OverQuota. It first locks the row of the team, so that concurrent insertions
// for one team do not exceed the quota.
func (l *Library) insert(ctx context.Context, tx *sql.Tx, account string, a Announcement, wav []byte) (Announcement, error) {
	if err := lock(ctx, tx, account); err != nil {
		return a, err
	}
	hash := sha256.Sum256(wav)
	sum := hex.EncodeToString(hash[:])
	same, err := scanAnnouncement(tx.QueryRowContext(ctx, selectAnnouncement+`where account = $1 and sha256 = $2`, account, sum))
	if !errors.Is(err, sql.ErrNoRows) {
		same.Notes = a.Notes
		return same, err
	}
	used, err := l.usage(ctx, tx, account)
	if err != nil {
		return a, err
	}
	switch {
	case used.Files >= used.MaxFiles:
		return a, errorf(OverQuota, "the library has %d announcements already", used.Files)
	case used.Bytes+a.Size > used.MaxBytes:
		return a, errorf(OverQuota, "%d of %d bytes are used, and the announcement has %d", used.Bytes, used.MaxBytes, a.Size)
	}
	const entry = `insert into announcements (id, account, label, created_by, created, length_ms, size,
		sha256, peak, format, rate, channels, source_ms, last_played, loudness, source_loudness, wave, notes)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16, $17)`
	_, err = tx.ExecContext(ctx, entry, a.ID, account, a.Label, a.UploadedBy, a.Created.UnixMilli(), a.Length.Milliseconds(), a.Size,
		sum, a.PeakSample, a.Source.Format, a.Source.Rate, a.Source.Channels, a.Source.Length.Milliseconds(),
		hundredths(a.Loudness), hundredths(a.Source.Loudness), a.Waveform, joinNotes(a.Notes))
	if err != nil {
		return a, err
	}
	_, err = tx.ExecContext(ctx, `insert into announcement_audio (announcement, wav) values ($1, $2)`, a.ID, wav)
	return a, err
}

const selectAnnouncement = `select id, label, created_by, created, length_ms, size, peak,
	format, rate, channels, source_ms, last_played, loudness, source_loudness, wave, plays, played_by, notes from announcements `

func scanAnnouncement(row interface{ Scan(...any) error }) (Announcement, error) {
	var a Announcement
	var created, length, source, played, loud, sourceLoud int64
	var notes string
	err := row.Scan(&a.ID, &a.Label, &a.UploadedBy, &created, &length, &a.Size, &a.PeakSample,
		&a.Source.Format, &a.Source.Rate, &a.Source.Channels, &source, &played,
		&loud, &sourceLoud, &a.Waveform, &a.Plays, &a.LastPlayedBy, &notes)
	a.Notes = splitNotes(notes)
	a.Created, a.LastPlayed = fromMillis(created), fromMillis(played)
	a.Length = time.Duration(length) * time.Millisecond
	a.Source.Length = time.Duration(source) * time.Millisecond
	a.Loudness, a.Source.Loudness = float64(loud)/100, float64(sourceLoud)/100
	return a, err
}

// hundredths returns a loudness as it is stored, in hundredths of a LUFS. No sound
// has 0, which stands for an unknown loudness.
func hundredths(loudness float64) int64 { return int64(math.Round(loudness * 100)) }

// roundLoudness returns a loudness as it is read from the database.
func roundLoudness(loudness float64) float64 {
	if math.IsInf(loudness, 0) {
		return 0
	}
	return float64(hundredths(loudness)) / 100
}
