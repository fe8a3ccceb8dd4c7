package views

// PlayToMeModel is what [PlayToMeSheet] shows.
type PlayToMeModel struct {
	ActionID     string
	Announcement Announcement
	Phones       []Phone
	Numbers      []Option // of the account
	Number       string   // of those, the one that is called; empty: none is known
}

func playPath(a Announcement) string { return announcementPath(a) + "/play-to-me" }
