package web_test

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"

	"callboard/web"
	"callboard/web/database"
)

// child is the variable that turns the test binary into a program that starts
// sessions in the directory named by it.
const child = "CALLBOARD_TEST_WEB"

func migrate(ctx context.Context, db *database.DB) error {
	return database.Migrate(ctx, db.DB, "test", map[string]fs.FS{"web": web.Migrations})
}

// writeSessions starts one session after the other and prints each one's cookie
// when its browser would have it, until it is killed.
func writeSessions(dir string) {
	db, err := database.Open(context.Background(), dir)
	if err == nil {
		err = migrate(context.Background(), db)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s := web.NewSessions[person](db.DB, web.SessionOptions{})
	for i := 0; ; i++ {
		w := httptest.NewRecorder()
		if err := s.Start(w, httptest.NewRequest(http.MethodGet, "/", nil), person{Name: fmt.Sprint(i)}); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i, w.Result().Cookies()[0].Value)
	}
}

type person struct {
	Account, Name string
}
