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

// Announcement is an entry of the library.
type Announcement struct {
	ID           string // 43 characters, base64url
	Label        string
	UploadedBy   string // who uploaded it
	Created      time.Time
	Length       time.Duration
	Size         int64     // in bytes, as converted
	PeakSample   int       // largest magnitude of a sample, 0 to 32768
	Loudness     float64   // in LUFS; 0 if there is nothing to measure, or it was not
	Waveform     string    // a picture: see [Clip.Wave]; empty if there is none
	Source       Source    // the file as it came
	Plays        int       // how often it was fetched to be played
	LastPlayed   time.Time // zero if never
	LastPlayedBy string    // who had it played last
}

// Peak is the level of the loudest sample in dBFS, −Inf for silence.
func (a Announcement) Peak() float64 { return decibel(float64(a.PeakSample) / 32768) }

// Upload is what is known of a file that is to be added, besides its content.
type Upload struct {
	UploadedBy string // who uploads it
	FileName   string // of the file; the label is made of it
	Trim       bool   // without the silence at its ends
}

// Add converts the file that src yields and adds it to the library of account.
// A file that sounds the same to the last sample as one that is there already
// is not added again: that one is returned, under the label it has.
//
// Audio and entry are stored together or not at all. Errors are *Error, or
// those of src and of the database.
func (l *Library) Add(ctx context.Context, account string, u Upload, src io.Reader) (Announcement, error) {
	label, err := labelFromFileName(u.FileName)
	if err != nil {
		return Announcement{}, err
	}
	clip, err := Decode(src, u.FileName, l.opts.Limits)
	if err != nil {
		return Announcement{}, err
	}
	a := Announcement{ID: newToken(), Label: label, UploadedBy: u.UploadedBy, Created: fromMillis(l.opts.Now().UnixMilli()), Source: clip.Source}
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

// insert stores a, unless it is there already or would exceed the quota. The
// row of the team is taken first and makes concurrent insertions wait.
func (l *Library) insert(ctx context.Context, tx *sql.Tx, account string, a Announcement, wav []byte) (Announcement, error) {
	const lock = `insert into announcement_teams (account) values ($1)
		on conflict (account) do update set account = excluded.account`
	if _, err := tx.ExecContext(ctx, lock, account); err != nil {
		return a, err
	}
	hash := sha256.Sum256(wav)
	sum := hex.EncodeToString(hash[:])
	same, err := scanAnnouncement(tx.QueryRowContext(ctx, selectAnnouncement+`where account = $1 and sha256 = $2`, account, sum))
	if !errors.Is(err, sql.ErrNoRows) {
		return same, err
	}
	used, err := l.usage(ctx, tx, account)
	if err != nil {
		return a, err
	}
	switch {
	case used.Files >= used.MaxFiles:
		return a, errorf(OverQuota, "%d announcements are there already", used.Files)
	case used.Bytes+a.Size > used.MaxBytes:
		return a, errorf(OverQuota, "%d bytes of %d are used, and this one has %d", used.Bytes, used.MaxBytes, a.Size)
	}
	const entry = `insert into announcements (id, account, label, created_by, created, length_ms, size,
		sha256, peak, format, rate, channels, source_ms, last_played, loudness, source_loudness, wave)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $16)`
	_, err = tx.ExecContext(ctx, entry, a.ID, account, a.Label, a.UploadedBy, a.Created.UnixMilli(), a.Length.Milliseconds(), a.Size,
		sum, a.PeakSample, a.Source.Format, a.Source.Rate, a.Source.Channels, a.Source.Length.Milliseconds(),
		hundredths(a.Loudness), hundredths(a.Source.Loudness), a.Waveform)
	if err != nil {
		return a, err
	}
	_, err = tx.ExecContext(ctx, `insert into announcement_audio (announcement, wav) values ($1, $2)`, a.ID, wav)
	return a, err
}

const selectAnnouncement = `select id, label, created_by, created, length_ms, size, peak,
	format, rate, channels, source_ms, last_played, loudness, source_loudness, wave, plays, played_by from announcements `

func scanAnnouncement(row interface{ Scan(...any) error }) (Announcement, error) {
	var a Announcement
	var created, length, source, played, loud, sourceLoud int64
	err := row.Scan(&a.ID, &a.Label, &a.UploadedBy, &created, &length, &a.Size, &a.PeakSample,
		&a.Source.Format, &a.Source.Rate, &a.Source.Channels, &source, &played,
		&loud, &sourceLoud, &a.Waveform, &a.Plays, &a.LastPlayedBy)
	a.Created, a.LastPlayed = fromMillis(created), fromMillis(played)
	a.Length = time.Duration(length) * time.Millisecond
	a.Source.Length = time.Duration(source) * time.Millisecond
	a.Loudness, a.Source.Loudness = float64(loud)/100, float64(sourceLoud)/100
	return a, err
}

// A loudness is stored in hundredths of a LUFS. Exactly 0, which no sound has,
// stands for none.
func hundredths(loudness float64) int64 { return int64(math.Round(loudness * 100)) }

// centi is a loudness as it comes back from the database.
func roundLoudness(loudness float64) float64 {
	if math.IsInf(loudness, 0) {
		return 0
	}
	return float64(hundredths(loudness)) / 100
}
