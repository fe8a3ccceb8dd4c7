package team

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/web/database/databasetest"
)

// TestSecretsAreNotPrinted prints each value that holds a secret with each verb
// and log handler, logs at the lowest level, and looks for the secrets there, in
// the errors and in the files of the database.
func TestSecretsAreNotPrinted(t *testing.T) {
	databasetest.NeedsSQLite(t)
	const at, rt = "SENTINEL-AT", "SENTINEL-RT"
	var out lockedBuffer
	text := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := &scriptedRefresher{replies: []scriptedReply{
		tokensReply(at+"1", rt+"1"), errorReply(503, ""), errorReply(401, "invalid_client"), errorReply(400, "invalid_grant"),
	}}
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "callboard.db"))
	g, err := NewGrants(db, testKey, s, text)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	put(t, g, ada, at, rt, expired)
	c := g.Credentials(ada)
	ask := func(refused string) {
		g.grants[ada].retryAt = time.Time{}
		_, err := c.Renew(context.Background(), refused)
		fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
	}
	ask("Bearer " + at)
	ask("Bearer " + at + "1")
	g.grants[ada].accessToken, g.grants[ada].dead, g.grants[ada].renewed = at, false, time.Time{}
	for range 4 {
		ask("Bearer " + at)
	}

	key := testKey
	all := []any{key, &key, g, c, ada, struct{ K Key }{key}, []Key{key}, map[string]Key{"k": key}}
	for _, v := range all {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		for _, h := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
			slog.New(h).Info("look", "it", v, "group", slog.GroupValue(slog.Any("it", v)))
		}
		if encoded, err := json.Marshal(v); err == nil {
			out.Write(encoded)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, error %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(content)
	}
	text8 := string(testKey[8:16])
	printed := out.String()
	for _, secret := range []string{"SENTINEL", text8, hex.EncodeToString([]byte(text8)), "56 57 97 98"} {
		if i := strings.Index(strings.ToLower(printed), strings.ToLower(secret)); i >= 0 {
			t.Errorf("%q in %q", secret, printed[max(0, i-80):min(len(printed), i+80)])
		}
	}
	if !strings.Contains(printed, "refresh failed") {
		t.Error("the log does not mention the failures")
	}
}

// TestErrorsForCallers shows that errors and states have the text and kind that
// callers need.
func TestErrorsForCallers(t *testing.T) {
	g := openGrants(t, newGrantsDB(t), &scriptedRefresher{})
	_, err := g.Credentials(ada).Authorization(t.Context())
	wantKind(t, err, sipgate.Unauthorized)
	if !errors.Is(err, ErrNeedsLogin) {
		t.Errorf("%v is not ErrNeedsLogin", err)
	}
	for state, want := range map[GrantState]string{StateOK: "ok", StateNeedsLogin: "needs login", StateUnsaved: "unsaved"} {
		if state.String() != want {
			t.Errorf("%q, want %q", state, want)
		}
	}
	if ada.String() != "111/w0" {
		t.Errorf("%v", ada)
	}
}
