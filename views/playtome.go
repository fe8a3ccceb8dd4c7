package views

// PlayToMeModel is what [PlayToMeSheet] shows.
type PlayToMeModel struct {
	ActionID string
	Sound    Announcement
	Phones   []Phone
	Numbers  []Choice // of the account
	Number   string   // of those, the one that is called; empty: none is known
}

func playPath(a Announcement) string { return soundPath(a) + "/play-to-me" }
