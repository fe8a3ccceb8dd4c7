package announcement

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"callboard/sipgate"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite"

	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) { os.Exit(databasetest.OnBoth(m).Run()) }

const pragmas = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_txlock=immediate"

// openDB opens the database file at path with the library's tables in it.
func openDB(t testing.TB, path string) *sql.DB {
	t.Helper()
	if db := databasetest.PostgresFor(t, path, map[string]fs.FS{"announcement": Migrations}); db != nil {
		return db.DB
	}
	db, err := sql.Open("sqlite", "file:"+path+pragmas)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p, err := goose.NewProvider(goose.DialectSQLite3, db, Migrations)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// clock is a time that tests advance.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newTestLibrary(t testing.TB, o Options) (*Library, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 11, 2, 9, 0, 0, 123456789, time.UTC)}
	o.Now, o.CompareLabels = c.now, sipgate.CompareNames
	o.Level.Off = true // stored audio equals decoded audio
	return NewLibrary(openDB(t, filepath.Join(t.TempDir(), "test.db")), o), c
}

// beep returns a short WAV file with a tone of hz.
func beep(hz float64) []byte {
	return wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, hz, 0.5, 0.25)}.bytes()
}

func add(t testing.TB, l *Library, account, name string, file []byte) Announcement {
	t.Helper()
	a, err := l.Add(context.Background(), account, Upload{UploadedBy: "Anna", FileName: name}, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestLibrary(t *testing.T) {
	l, clock := newTestLibrary(t, Options{})
	ctx := t.Context()
	stereo := wavFile{bits: 24, rate: 44100, channels: 2, samples: tone(44100, 1000, 0.5, 0.5)}.bytes()
	a := add(t, l, "1", "dir/Welcome.WAV", stereo)
	want := Announcement{
		ID: a.ID, Label: "Welcome", UploadedBy: "Anna", Created: clock.t.Truncate(time.Millisecond), Length: 500 * time.Millisecond,
		Size: 44 + 8000, PeakSample: a.PeakSample, Loudness: -9.01, Waveform: strings.Repeat("m", clipBars),
		Source: Source{Format: "WAV, 24-bit PCM", Rate: 44100, Channels: 2, Length: 500 * time.Millisecond, Loudness: -9.01},
	}
	if diff := cmp.Diff(want, a); diff != "" {
		t.Error(diff)
	}
	near(t, "peak", decibel(float64(a.PeakSample)/32768), decibel(0.5), 0.2)
	if len(a.ID) != 43 {
		t.Errorf("id %q", a.ID)
	}
	b := add(t, l, "1", "after.mp3", file(t, "cbr.mp3"))
	other := add(t, l, "2", "Welcome.wav", stereo)
	if got, err := l.Get(ctx, "1", a.ID); err != nil || !cmp.Equal(got, a) {
		t.Errorf("Get: %v, %v", got, err)
	}
	wav, err := l.Audio(ctx, "1", a.ID)
	if err != nil || !bytes.Equal(wav, mustDecode(t, "x.wav", stereo).WAV()) {
		t.Errorf("Audio: %d bytes, %v", len(wav), err)
	}
	if err := l.Rename(ctx, "1", a.ID, "  Zum\tEnde \u202e"); err != nil {
		t.Error(err)
	}
	list, err := l.List(ctx, "1", ByName)
	if err != nil {
		t.Fatal(err)
	}
	a.Label = "Zum Ende"
	if diff := cmp.Diff([]Announcement{b, a}, list); diff != "" {
		t.Error(diff)
	}
	if err := l.Remove(ctx, "1", a.ID); err != nil {
		t.Error(err)
	}
	if list, err = l.List(ctx, "1", ByName); err != nil || len(list) != 1 {
		t.Errorf("after Remove: %v, %v", list, err)
	}
	if _, err := l.Audio(ctx, "2", other.ID); err != nil {
		t.Errorf("the other team's was removed too: %v", err)
	}
}

// Announcements of other teams are not found, nor are malformed ids.
func TestNotFound(t *testing.T) {
	l, _ := newTestLibrary(t, Options{})
	ctx := t.Context()
	a := add(t, l, "1", "a.wav", beep(440))
	for _, tc := range []struct{ account, id string }{
		{"2", a.ID}, {"", a.ID}, {"1", newToken()}, {"1", ""}, {"1", a.ID[:42]}, {"1", a.ID + "A"}, {"1", "../../etc/passwd"}, {"1", a.ID[:42] + "%"},
		{"1", a.ID[:42] + "\x00"}, {"1", strings.Repeat("A", 5000)},
	} {
		_, get := l.Get(ctx, tc.account, tc.id)
		_, audio := l.Audio(ctx, tc.account, tc.id)
		_, publish := l.Publish(ctx, tc.account, tc.id, "Tom")
		for _, err := range []error{get, audio, publish, l.Rename(ctx, tc.account, tc.id, "x"), l.Remove(ctx, tc.account, tc.id)} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%q %q: %v", tc.account, tc.id, err)
			}
		}
	}
}

func TestLabelFromFileName(t *testing.T) {
	for _, tc := range []struct {
		name, label string
		code        Code
	}{
		{"welcome.wav", "welcome", ""},
		{"Bitte warten (2).MP3", "Bitte warten (2)", ""},
		{"a.WAV", "a", ""}, {"a.mP3", "a", ""},
		{"a.flac", "", BadExtension}, {"a.ogg", "", BadExtension}, {"a.oGa", "", BadExtension}, {"a.m4a", "", BadExtension}, {"a.webm", "", BadExtension}, {"a.opus", "", BadExtension},
		{"../../etc/x.wav", "x", ""},
		{`C:\Users\Anna\x.wav`, "x", ""},
		{"a\"\r\nX:y.wav", `a" X:y`, ""},
		{strings.Repeat("ä", 5000) + ".wav", strings.Repeat("ä", 80), ""},
		{strings.Repeat("a", 80) + ".wav", strings.Repeat("a", 80), ""}, {strings.Repeat("a", 79) + " bc.wav", strings.Repeat("a", 79), ""},
		{"nul\x00in\x7fside.wav", "nul in side", ""},
		{"\u202egnp.exe.wav", "gnp.exe", ""},
		{"zero\u200bwidth\ufeff.wav", "zerowidth", ""},
		{"bro\xffken.wav", "broken", ""},
		{"Gru\u0308n.wav", "Grün", ""},
		{"  many \u00a0 spaces  .wav", "many spaces", ""},
		{"📞 Büro.wav", "📞 Büro", ""},
		{"CON.wav", "CON", ""},
		{"<script>.wav", "<script>", ""}, // views escape it
		{".wav", "", BadLabel},
		{"\x00\u202e.wav", "", BadLabel},
		{"---.wav", "", BadLabel},
		{"CON", "", BadExtension}, {".htaccess", "", BadExtension}, {"", "", BadExtension}, {".", "", BadExtension}, {"/", "", BadExtension},
		{"x.exe", "", BadExtension}, {"x.wav.php", "", BadExtension}, {"wav", "", BadExtension}, {"x.wav/", "x", ""}, {"x.wav ", "", BadExtension},
	} {
		label, err := labelFromFileName(tc.name)
		if label != tc.label || code(err) != tc.code {
			t.Errorf("%.40q: %q, %v; want %q, %q", tc.name, label, err, tc.label, tc.code)
		}
	}
	l, _ := newTestLibrary(t, Options{})
	a := add(t, l, "1", "a.wav", beep(440))
	if err := l.Rename(t.Context(), "1", a.ID, " \x00 "); code(err) != BadLabel {
		t.Errorf("Rename: %v", err)
	}
}

// The same samples are the same announcement, also from another file, and count
// once.
func TestSameSoundIsStoredOnce(t *testing.T) {
	l, _ := newTestLibrary(t, Options{Files: 1})
	first := add(t, l, "1", "a.wav", beep(440))
	again := add(t, l, "1", "b.wav", beep(440))
	tagged := add(t, l, "1", "c.wav", append(beep(440), chunk("LIST", []byte("x"))...))
	for _, a := range []Announcement{again, tagged} {
		if diff := cmp.Diff(first, a); diff != "" {
			t.Error(diff)
		}
	}
}

func TestQuota(t *testing.T) {
	l, _ := newTestLibrary(t, Options{Files: 3, Bytes: 3 * (44 + 4000)})
	for i := range 3 {
		add(t, l, "1", "a.wav", beep(400+float64(i)))
	}
	if _, err := l.Add(t.Context(), "1", Upload{FileName: "d.wav"}, bytes.NewReader(beep(700))); code(err) != OverQuota {
		t.Errorf("fourth file: %v", err)
	}
	add(t, l, "2", "d.wav", beep(700)) // another team's quota is its own
	list, _ := l.List(t.Context(), "1", ByName)
	if err := l.Remove(t.Context(), "1", list[0].ID); err != nil {
		t.Error(err)
	}
	long := wavFile{bits: 16, rate: 8000, channels: 1, samples: tone(8000, 440, 0.5, 0.26)}.bytes()
	if _, err := l.Add(t.Context(), "1", Upload{FileName: "d.wav"}, bytes.NewReader(long)); code(err) != OverQuota {
		t.Errorf("too many bytes: %v", err)
	}
	add(t, l, "1", "d.wav", beep(700))
	if d := NewLibrary(l.db, Options{}).opts; d.Files != 50 || d.Bytes != 200_000_000 || d.Limits.Bytes != 32<<20 || d.Limits.Length != 10*time.Minute {
		t.Errorf("defaults %+v", d)
	}
}

// Concurrent uploads do not exceed the quota.
func TestQuotaUnderLoad(t *testing.T) {
	l, _ := newTestLibrary(t, Options{Files: 5})
	var wg sync.WaitGroup
	codes := make(chan Code, 20)
	for i := range 20 {
		wg.Go(func() {
			_, err := l.Add(t.Context(), "1", Upload{FileName: "a.wav"}, bytes.NewReader(beep(400+float64(i))))
			if err != nil && code(err) == "" {
				t.Error(err)
			}
			codes <- code(err)
		})
	}
	wg.Wait()
	close(codes)
	got := map[Code]int{}
	for c := range codes {
		got[c]++
	}
	if diff := cmp.Diff(map[Code]int{"": 5, OverQuota: 15}, got); diff != "" {
		t.Error(diff)
	}
}

// A failed upload stores nothing.
func TestFailedAddStoresNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db := openDB(t, path)
	l := NewLibrary(db, Options{})
	wav := beep(440)
	gone := errors.New("connection reset")
	src := io.MultiReader(bytes.NewReader(wav[:len(wav)*99/100]), iotest.ErrReader(gone))
	if _, err := l.Add(t.Context(), "1", Upload{FileName: "a.wav"}, src); !errors.Is(err, gone) {
		t.Errorf("broken connection: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	last := readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF })
	if _, err := l.Add(ctx, "1", Upload{FileName: "a.wav"}, io.MultiReader(bytes.NewReader(wav), last)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	// Without its audio the entry is not stored either.
	if _, err := db.Exec(`alter table announcement_audio rename to away`); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Add(t.Context(), "1", Upload{FileName: "a.wav"}, bytes.NewReader(wav)); err == nil {
		t.Error("stored without audio")
	}
	for _, table := range []string{"announcements", "away", "announcement_teams"} {
		var n int
		if err := db.QueryRow(`select count(*) from ` + table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows in %s, %v", n, table, err)
		}
	}
}

// A full disk is reported as StorageFull, and nothing is stored.
func TestStorageFull(t *testing.T) {
	databasetest.NeedsSQLite(t)
	db := openDB(t, filepath.Join(t.TempDir(), "test.db"))
	l := NewLibrary(db, Options{})
	db.SetMaxOpenConns(1) // the limit below belongs to a connection
	if _, err := db.Exec(`pragma max_page_count = 40`); err != nil {
		t.Fatal(err)
	}
	big := wavFile{bits: 16, rate: 8000, channels: 1, samples: make([]float64, 200_000)}.bytes()
	if _, err := l.Add(t.Context(), "1", Upload{FileName: "big.wav"}, bytes.NewReader(big)); code(err) != StorageFull {
		t.Errorf("got %v", err)
	}
	if list, err := l.List(t.Context(), "1", ByName); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	add(t, l, "1", "small.wav", beep(440))
}

// sqliteError and postgresError are errors of drivers.
type (
	sqliteError   int
	postgresError string
)

func (sqliteError) Error() string        { return "sqlite" }
func (e sqliteError) Code() int          { return int(e) }
func (postgresError) Error() string      { return "postgres" }
func (e postgresError) SQLState() string { return string(e) }

// A full disk is recognized whoever reports it, and nothing else is taken for one.
func TestFullDisksAreRecognized(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, &fs.PathError{Err: syscall.ENOSPC}, sqliteError(13), sqliteError(13 | 2<<8), postgresError("53100")} {
		if got := storageError(fmt.Errorf("insert: %w", err)); code(got) != StorageFull || !errors.Is(got, err) {
			t.Errorf("%v: %v", err, got)
		}
	}
	for _, err := range []error{nil, syscall.EIO, sqliteError(5), sqliteError(14), postgresError("53200"), postgresError("57014"), context.Canceled} {
		if got := storageError(err); got != err {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// A library is full when not even the header of a file fits, or one more file.
func TestFull(t *testing.T) {
	for u, want := range map[Usage]bool{
		{}: true, {Files: 2, MaxFiles: 3, Bytes: 10, MaxBytes: 1000}: false, {Files: 3, MaxFiles: 3, Bytes: 10, MaxBytes: 1000}: true, {Files: 4, MaxFiles: 3, MaxBytes: 1000}: true,
		{Files: 2, MaxFiles: 3, Bytes: 955, MaxBytes: 1000}: false, {Files: 2, MaxFiles: 3, Bytes: 956, MaxBytes: 1000}: true,
	} {
		if u.Full() != want {
			t.Errorf("%+v: full is %v", u, u.Full())
		}
	}
}

// A new process on the same database has all announcements and public addresses.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	l := NewLibrary(openDB(t, path), Options{Level: Level{Off: true}})
	a := add(t, l, "1", "a.wav", beep(440))
	p, err := l.Publish(t.Context(), "1", a.ID, "Tom")
	if err != nil {
		t.Fatal(err)
	}
	again := NewLibrary(openDB(t, path), Options{})
	b, err := again.Get(t.Context(), "1", a.ID)
	if diff := cmp.Diff(a, b, cmpopts.IgnoreFields(Announcement{}, "LastPlayed")); diff != "" || err != nil {
		t.Errorf("%s, %v", diff, err)
	}
	wav, err := fetch(t.Context(), again, p.Token)
	if err != nil || sha256.Sum256(wav) != sha256.Sum256(mustDecode(t, "a.wav", beep(440)).WAV()) {
		t.Errorf("%d bytes, %v", len(wav), err)
	}
}

// A fetch during Remove returns the whole file or ErrNotFound.
func TestFetchDuringRemove(t *testing.T) {
	l, _ := newTestLibrary(t, Options{})
	for i := range 10 {
		a := add(t, l, "1", "a.wav", beep(300+float64(i)))
		p, err := l.Publish(t.Context(), "1", a.ID, "Tom")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				wav, err := fetch(t.Context(), l, p.Token)
				if err == nil && int64(len(wav)) != a.Size || err != nil && !errors.Is(err, ErrNotFound) {
					t.Errorf("%d bytes, %v", len(wav), err)
				}
			})
		}
		wg.Go(func() {
			if err := l.Remove(t.Context(), "1", a.ID); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if _, err := fetch(t.Context(), l, p.Token); !errors.Is(err, ErrNotFound) {
			t.Errorf("after all: %v", err)
		}
	}
}

func TestTokensDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := newToken()
		if seen[s] || !isToken(s) {
			t.Fatalf("%q", s)
		}
		seen[s] = true
	}
}

// Add normalizes the loudness, trims silence on request, and records loudness and
// length before and after.
func TestAddNormalizesAndTrims(t *testing.T) {
	l := NewLibrary(openDB(t, filepath.Join(t.TempDir(), "test.db")), Options{})
	soft := wavFile{bits: 16, rate: 44100, channels: 1, samples: append(make([]float64, 44100), tone(44100, 997, 0.02, 1)...)}.bytes()
	whole := add(t, l, "1", "whole.wav", soft)
	trimmed, err := l.Add(t.Context(), "1", Upload{FileName: "trimmed.wav", Trim: true}, bytes.NewReader(soft))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "length", whole.Length.Seconds(), 2, 0.001)
	near(t, "length without silence", trimmed.Length.Seconds(), 1.1, 0.02)
	for _, a := range []Announcement{whole, trimmed} {
		near(t, "loudness before", a.Source.Loudness, -37, 1)
		near(t, "loudness after", a.Loudness, -16, 0.3)
		near(t, "length before", a.Source.Length.Seconds(), 2, 0.001)
		wav, err := l.Audio(t.Context(), "1", a.ID)
		if s, bad := TelephoneSamples(wav); err != nil || bad != nil {
			t.Error(err, bad)
		} else {
			near(t, "the stored sound", Loudness(s), a.Loudness, 0.01)
		}
		if got, err := l.Get(t.Context(), "1", a.ID); err != nil || !cmp.Equal(got, a) {
			t.Errorf("read again: %s, %v", cmp.Diff(a, got), err)
		}
	}
	if u, err := l.Usage(t.Context(), "1"); err != nil || u != (Usage{Files: 2, MaxFiles: 50, Bytes: whole.Size + trimmed.Size, MaxBytes: 200_000_000}) || u.Full() {
		t.Errorf("usage %+v, %v", u, err)
	}
}

// What is to be said about an uploaded file is kept with the announcement, and said
// again if another file with the same sound is uploaded.
func TestNotesAreKept(t *testing.T) {
	l := NewLibrary(openDB(t, filepath.Join(t.TempDir(), "test.db")), Options{})
	clean := wavSizes(8036, 8000, 0)
	noted := append(bytes.Clone(clean), bytes.Repeat([]byte{0x81}, 100)...)
	a := add(t, l, "1", "a.wav", noted)
	if got, err := l.Get(t.Context(), "1", a.ID); err != nil || !slices.Equal(got.Notes, []Note{NoteTail}) || !slices.Equal(a.Notes, got.Notes) {
		t.Errorf("notes %v, read again %v, %v", a.Notes, got.Notes, err)
	}
	if again := add(t, l, "1", "b.wav", clean); again.ID != a.ID || len(again.Notes) > 0 {
		t.Errorf("%+v", again)
	}
	if again := add(t, l, "1", "c.wav", noted); again.ID != a.ID || !slices.Equal(again.Notes, []Note{NoteTail}) {
		t.Errorf("%+v", again)
	}
	if got := splitNotes("tail unknown gaps"); !slices.Equal(got, []Note{NoteTail, NoteGaps}) {
		t.Error(got)
	}
}

// TestAnnouncementsAreInTheOrderOfADictionary: umlauts stand with their vowels,
// capitals with small letters, and 10 after 9.
func TestAnnouncementsAreInTheOrderOfADictionary(t *testing.T) {
	l, _ := newTestLibrary(t, Options{})
	want := []string{"Ansage 2", "Ansage 10", "Apotheke", "Ärztehaus", "axel", "Öffnungszeiten", "Ostern", "Zentrale"}
	for i := range want {
		label := want[(i*3+1)%len(want)]
		add(t, l, "1", label+".wav", beep(400+50*float64(i)))
	}
	for _, order := range []SortOrder{ByName, ByUse} { // none has been used
		list, err := l.List(t.Context(), "1", order)
		var got []string
		for _, a := range list {
			got = append(got, a.Label)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("by %s: %q, %v", order, got, err)
		}
	}
}
