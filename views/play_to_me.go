package views

import "callboard/sipgate/announcement"

// PlayToMeModel is the model of [PlayToMeDialog].
type PlayToMeModel struct {
	ActionID     string
	Announcement announcement.Announcement
	Phones       []Phone
	Numbers      []Option // of the account
	Number       string   // the selected one, or empty
}

func playToMePath(a announcement.Announcement) string { return announcementPath(a) + "/play-to-me" }
